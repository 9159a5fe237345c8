"""awsglue: the library that Glue scripts import, over plain Spark data frames.

It is on the path of the sandbox's jobs only. A dynamic frame is a data frame: each column has one
type, so there are no choices, and `resolveChoice` only casts. CSV is read like on AWS: from a table
by position with the catalog's types, and from a path as strings. Missing parts of AWS' library
raise `AttributeError` or `ImportError` in the script.
"""
