"""Iceberg jars: what `--datalake-formats iceberg` adds to the class path of a Glue 5.1 job.

Glue 5.1 has Iceberg 1.10.0. Its `iceberg-aws-bundle` has the whole AWS SDK; these are the modules
that `GlueCatalog` and `S3FileIO` load.
"""

from __future__ import annotations

from .jars import Artifact

_SDK = "2.33.0"

_MODULES = {  # of the SDK, with the SHA-256 of each jar
    "annotations": "3ac8bf556693e9df06c534dcfeadbe5e11284856ae53e8e20333a752fedc502a",
    "apache-client": "d319be5e85bf919ca73cd04fa46e9d6be4936fc4e6ac0f86cff9cd28579462b7",
    "arns": "5d00da76a76bccd83a2784b1a0a3a918abadc7167d0d13e89ca10f5d171c6abd",
    "auth": "01570fd8083e676ddc8dd192dda79f35fced383a92bb90779e7f5a07b10c1ead",
    "aws-core": "9111fe134631ada78927b6e7d88c5ae2b4e254482f79683e6fde9caff84df897",
    "aws-json-protocol": "18b6fe575d4d0878b92aab7f97e75b1f0515922e6fb2b57b09a5c85f4595a4e8",
    "aws-query-protocol": "808008844ab1cab89b3014716253a5595d085693b5d42de197f994e7b872207e",
    "aws-xml-protocol": "9bc9e4979703f95c1f8c3023fcac083f7f7facca1f8a32b8398065fe225a11a2",
    "checksums": "47850f2af07dcbb02103105edc645243ec751d6ce48b520742cdecde37c2132c",
    "checksums-spi": "1c2a32cd9da59ff1bd0b68b034df614c5e658b290c6f19e1119a4408fc3105cb",
    "crt-core": "b312dc4fef25500dc0b6e1fa47bd43332dc7cfc1b35309faa9535cb28a6c6e0d",
    "dynamodb": "25f0bd0ae8e03b5bdfdd5f9cd54aa89462bc7e483bfc576b9e4025fecbde168b",
    "endpoints-spi": "93c29b13469d20b2aac4e7635fc73188e31d3ccf6b28c6011d3af6b339efa74a",
    "glue": "804557095de639704e520bbea3cf2df900e44d472975722d85d2d121bd98b78a",
    "http-auth": "9d6c52cddc477d947a3ef9f440c5e61162aa35d2b85d79e382d2840e73d6527c",
    "http-auth-aws": "ec022fc987da3e8e9bd2236bd528e548beacf886abb79a7f7c92915c452a7bda",
    "http-auth-aws-eventstream": "07ad483a060e5c45551edaf44431cbfb2c19a060e26cf091a42e40122e413d14",
    "http-auth-spi": "b0d2fdddd0f77d1f1dec545e98c3aae23926255aeefbc8a954e78e66ba2c349a",
    "http-client-spi": "c7c23a55163574fea5024ccdcbe0eea0c1d8e3ad6fe0f1329736cdd00d4fcd2d",
    "identity-spi": "e0467ec69a1f70c03bb35754dfed0ad3e21f11eb5e7490dbd54fc58eaac7dfb1",
    "json-utils": "ac1efd27e3c57e3e2d3ee1c3e74a0a945be16220b6b7b14be62babc31a6f3469",
    "kms": "d004498db208ca9177b3a53f5659f60e408c4c390f53be4038fb6d2da9c6031f",
    "metrics-spi": "114a6b72cd49cc6084f01d6e19e941136fd7dbb86a335b6468f73bde02ed8744",
    "profiles": "eb8cc846d15baefb98a337b28b4fa08bcb5d9e834caca91e915c691981e12df1",
    "protocol-core": "873dff858217c40ad68f5cf03e46cf3e8c7a840ba003c808db491047e87677c7",
    "regions": "eeb80ba42264364de5f5b30fb1965a49d9f27b6a7a04f00017a02ff41eda2dba",
    "retries": "2d4b17b6c9589bcefe7f465846360a00aec5fac6d4be32cf21390415d108d52d",
    "retries-spi": "8fe88488c3977a089db5461198898b6f17ea43ceb4eb02131069fe00db52c74e",
    "s3": "20a729e79cd48ddfb300b29b39846b025b20335e2ec96a8d0d87b3f2a0b3db50",
    "sdk-core": "d168e0b8b130bdf395cd7d494c86fad40d617cbeeeb4519c343ea459e71e036c",
    "sts": "8f603ca70e12f9365554a867c2a66397d2b26e9efb47feb0a80ffe49ed5f6a6b",
    "third-party-jackson-core": "83b69c074f887a13e49ec8d68e6cd99b6438d2755bcc8ef6096337721f9b2b22",
    "utils": "a4fb3da46c56883341832fa1c2a68a98b9b3ce8418a2c12ab73532bd3a116f57",
}
ICEBERG = (
    Artifact(
        "org.apache.iceberg",
        "iceberg-spark-runtime-3.5_2.12",
        "1.10.0",
        "70f9471870b2d456167d703c829f098a446b86bb1379eee338c0efa03a341026",
    ),
    Artifact(
        "software.amazon.eventstream",
        "eventstream",
        "1.0.1",
        "0c37d8e696117f02c302191b8110b0d0eb20fa412fce34c3a269ec73c16ce822",
    ),
    Artifact(
        "org.reactivestreams",
        "reactive-streams",
        "1.0.4",
        "f75ca597789b3dac58f61857b9ac2e1034a68fa672db35055a8fb4509e325f28",
    ),
    *(Artifact("software.amazon.awssdk", name, _SDK, digest) for name, digest in _MODULES.items()),
)
