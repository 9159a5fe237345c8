"""Smoke: tests a whole pipeline in an AWS account, hop by hop, and deletes it again."""
