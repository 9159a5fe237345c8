"""Uploads: which messages of the upload queue require work."""

from collections.abc import Mapping
from urllib.parse import unquote_plus

from batch import Json, is_recovery


def is_wanted(body: Json, settings: Mapping[str, str]) -> bool:
    """Return whether a message reports an upload, or is a recovery message.

    Raises KeyError or TypeError if its body is invalid. *settings* locate the uploads.
    """
    if is_recovery(body):
        return True
    if body.get("Event") == "s3:TestEvent":
        return False
    return any(
        record["s3"]["bucket"]["name"] == settings["BUCKET"]
        and _is_source(unquote_plus(record["s3"]["object"]["key"]), settings)
        for record in body["Records"]
    )


def _is_source(key: str, settings: Mapping[str, str]) -> bool:
    is_folder = key.endswith("/")
    suffix = settings.get("SUFFIX", "")
    return not is_folder and key.startswith(settings["PREFIX"]) and key.endswith(suffix)
