"""Spark of the sandbox: Java, jars and a class archive, so that a job starts in seconds."""
