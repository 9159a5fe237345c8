-- Lets DuckDB read S3 with the credentials of this shell, on the sandbox of AWS_ENDPOINT_URL.
-- Use: duckdb -cmd ".read examples/duckdb.sql". On AWS: CREATE SECRET (TYPE s3, PROVIDER credential_chain).
.output /dev/null
CREATE OR REPLACE SECRET (
    TYPE s3,
    REGION getenv('AWS_REGION'),
    ENDPOINT replace(getenv('AWS_ENDPOINT_URL'), 'http://', ''),
    KEY_ID getenv('AWS_ACCESS_KEY_ID'),
    SECRET getenv('AWS_SECRET_ACCESS_KEY'),
    URL_STYLE path,
    USE_SSL false
);
.output
