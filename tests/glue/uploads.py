"""Uploads: pipelines that crawl and convert files as the operator configures both."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.aws.resources import Classifier, Crawler, Job
from dataflowxpress.blueprint import blueprint
from dataflowxpress.planning.resource import Scope
from dataflowxpress_sandbox.aws import ACCOUNT
from tests.glue.conftest import Pipeline

if TYPE_CHECKING:
    from pathlib import Path

    from dataflowxpress_sandbox.aws.serving import RunningAws

SCOPE = Scope("default/orders", ACCOUNT, "eu-west-1")
PREFIX = "csv_data/"
TABLE = "csv_data_parquet"
CRAWL_SECONDS = 60
OF_PIPELINE = (
    *("--pipeline", "--bucket", "--bucket_owner", "--database", "--TempDir"),
    *("--crawler", "--crawl_queue"),
)


class Uploads(Pipeline):
    """A pipeline with the crawler and the job's arguments of a spec."""

    def __init__(self, aws: RunningAws, folder: Path, spec: dict[str, Any]) -> None:
        resources = blueprint(DataPipelineSpec.model_validate(spec), SCOPE)
        [crawler] = [each for each in resources if isinstance(each, Crawler)]
        [job] = [each for each in resources if isinstance(each, Job)]
        classifiers = [each for each in resources if isinstance(each, Classifier)]
        given = {name: text for name, text in job.arguments.items() if name not in OF_PIPELINE}
        super().__init__(aws, folder, given)
        self._let_the_job_request_crawls()
        for each in classifiers:
            self.glue.create_classifier(**{each.form: {"Name": self.name, **each.desired()}})
        wanted = crawler.desired()
        target = {"Path": f"s3://{self.name}/{PREFIX}"}
        exclusions = wanted["Targets"]["S3Targets"][0]["Exclusions"]
        self.glue.create_crawler(
            Name=self.name,
            Role=_crawler_role(aws, self.name),
            DatabaseName=self.name,
            Classifiers=[self.name for _ in classifiers],
            Targets={"S3Targets": [{**target, "Exclusions": exclusions}]},
            Configuration=json.dumps(wanted["Configuration"]),
            **{name: wanted[name] for name in ("RecrawlPolicy", "SchemaChangePolicy")},
        )

    @property
    def places(self) -> dict[str, str]:
        """The arguments that say where data, crawler and its queue are."""
        return {**super().places, "crawler": self.name, "crawl_queue": self.name}

    def _let_the_job_request_crawls(self) -> None:
        sqs = self.aws.client("sqs")
        self.crawl_queue = sqs.create_queue(QueueName=self.name)["QueueUrl"]
        actions = ["glue:GetCrawler", "sqs:SendMessage"]
        document = _document({"Effect": "Allow", "Action": actions, "Resource": "*"})
        self.aws.client("iam").put_role_policy(
            RoleName=self.name, PolicyName="crawls", PolicyDocument=document
        )

    def requests(self) -> list[dict[str, Any]]:
        """Return the requests for a crawl since the last call, and delete them."""
        sqs, found = self.aws.client("sqs"), []
        while messages := sqs.receive_message(
            QueueUrl=self.crawl_queue, MaxNumberOfMessages=10
        ).get("Messages"):
            found += [json.loads(each["Body"]) for each in messages]
            for each in messages:
                handle = each["ReceiptHandle"]
                sqs.delete_message(QueueUrl=self.crawl_queue, ReceiptHandle=handle)
        return found

    def upload(self, *files: Path, folder: str = "") -> None:
        """Upload files, or all files below a folder with their paths."""
        for file in files:
            self.put(f"{PREFIX}{folder}{file.name}", file.read_bytes())

    def crawl(self) -> dict[str, Any]:
        """Crawl to the end, and return what the crawler says about it."""
        self.glue.start_crawler(Name=self.name)
        deadline = time.monotonic() + CRAWL_SECONDS
        while time.monotonic() < deadline:
            crawler = self.glue.get_crawler(Name=self.name)["Crawler"]
            if crawler["State"] == "READY":
                last: dict[str, Any] = crawler["LastCrawl"]
                return last
            time.sleep(0.05)
        raise TimeoutError(f"the crawl of {self.name} did not end")

    def crawl_and_convert(self) -> dict[str, Any]:
        """Crawl, run the job as often as the operator would, and return the entries by name."""
        self.crawl()
        return self.named(self.converts())

    @staticmethod
    def named(entries: dict[str, Any]) -> dict[str, Any]:
        return {key.removeprefix(PREFIX): entry for key, entry in entries.items()}

    def waiting(self) -> dict[str, str]:
        """Return the reasons of the objects that wait, by name."""
        newest = self.manifests()[-1:]
        found = [each for manifest in newest for each in manifest["waiting"]]
        return self.named({each["key"]: each["reason"] for each in found})


def _crawler_role(aws: RunningAws, bucket: str) -> str:
    """Make a role for the crawler."""
    name = f"{bucket}-crawler"
    iam = aws.client("iam")
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "glue.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    actions = ["s3:GetObject", "s3:ListBucket", "glue:*", "logs:*"]
    allowed = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=_document(trust))["Role"][
        "Arn"
    ]
    iam.put_role_policy(RoleName=name, PolicyName="crawler", PolicyDocument=_document(allowed))
    return arn


def _document(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statement})
