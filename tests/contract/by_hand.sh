#!/usr/bin/env bash
# Builds the well-known walk-through by hand, as people do, with nothing but the AWS command line.
# Usage: by_hand.sh BUCKET, with AWS_ENDPOINT_URL, AWS_REGION and credentials in the environment.
set -euo pipefail

bucket=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
account=$(aws sts get-caller-identity --query Account --output text)
arn() { echo "arn:aws:$1:$AWS_REGION:$account:$2"; }

# The bucket and its folders.
aws s3api create-bucket --bucket "$bucket" --create-bucket-configuration "LocationConstraint=$AWS_REGION"
aws s3api put-object --bucket "$bucket" --key csv_data/
aws s3api put-object --bucket "$bucket" --key parquet_data/

# Roles that may do everything, as walk-throughs have them.
role() { # NAME SERVICE
  aws iam create-role --role-name "$1" --assume-role-policy-document "{\"Version\": \"2012-10-17\",
    \"Statement\": [{\"Effect\": \"Allow\", \"Principal\": {\"Service\": \"$2.amazonaws.com\"}, \"Action\": \"sts:AssumeRole\"}]}"
  aws iam attach-role-policy --role-name "$1" --policy-arn arn:aws:iam::aws:policy/AdministratorAccess
}
role by-hand-lambda lambda
role by-hand-glue glue

# Catalog, crawler and job.
aws glue create-database --database-input Name=demoglue
aws glue create-crawler --name serverlesstrigger --role by-hand-glue --database-name demoglue \
  --targets "{\"S3Targets\": [{\"Path\": \"s3://$bucket/csv_data/\"}]}"
echo 'print("to Parquet")' > "$work/job.py"
aws s3api put-object --bucket "$bucket" --key scripts/job.py --body "$work/job.py"
aws glue create-job --name serverlessgluejob --role by-hand-glue --glue-version 4.0 \
  --worker-type G.1X --number-of-workers 10 \
  --command "Name=glueetl,PythonVersion=3,ScriptLocation=s3://$bucket/scripts/job.py"

# The two functions, and who calls them.
make_function() { # NAME CALL
  printf 'import boto3\n\ndef lambda_handler(event, context):\n    boto3.client("glue").%s\n' "$2" \
    > "$work/lambda_function.py"
  (cd "$work" && rm -f code.zip && python3 -m zipfile -c code.zip lambda_function.py)
  aws lambda create-function --function-name "$1" --runtime python3.13 --zip-file "fileb://$work/code.zip" \
    --handler lambda_function.lambda_handler --role "arn:aws:iam::$account:role/by-hand-lambda"
  aws lambda wait function-active-v2 --function-name "$1"
}
make_function serverless_trigger_lambda 'start_crawler(Name="serverlesstrigger")'
make_function triggergluejob 'start_job_run(JobName="serverlessgluejob")'

# S3 calls the first for every new object, its own Parquet too.
aws lambda add-permission --function-name serverless_trigger_lambda --statement-id s3 \
  --action lambda:InvokeFunction --principal s3.amazonaws.com --source-arn "arn:aws:s3:::$bucket"
aws s3api put-bucket-notification-configuration --bucket "$bucket" --notification-configuration "{
  \"LambdaFunctionConfigurations\": [{\"Id\": \"by-hand\", \"Events\": [\"s3:ObjectCreated:*\"],
    \"LambdaFunctionArn\": \"$(arn lambda function:serverless_trigger_lambda)\"}]}"

# A rule calls the second after each crawl, and another one mails the end of each run.
aws events put-rule --name by-hand-crawled --event-pattern '{"source": ["aws.glue"],
  "detail-type": ["Glue Crawler State Change"], "detail": {"crawlerName": ["serverlesstrigger"], "state": ["Succeeded"]}}'
aws lambda add-permission --function-name triggergluejob --statement-id events \
  --action lambda:InvokeFunction --principal events.amazonaws.com --source-arn "$(arn events rule/by-hand-crawled)"
aws events put-targets --rule by-hand-crawled --targets "Id=1,Arn=$(arn lambda function:triggergluejob)"
aws sns create-topic --name by-hand-news
aws sns subscribe --topic-arn "$(arn sns by-hand-news)" --protocol email --notification-endpoint data-team@example.com
aws events put-rule --name by-hand-run-ended --event-pattern '{"source": ["aws.glue"],
  "detail-type": ["Glue Job State Change"], "detail": {"jobName": ["serverlessgluejob"]}}'
aws events put-targets --rule by-hand-run-ended --targets "Id=1,Arn=$(arn sns by-hand-news)"
