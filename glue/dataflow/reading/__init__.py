"""Reading: the records of an uploaded object, in every format that the pipeline reads."""
