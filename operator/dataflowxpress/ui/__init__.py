"""UI: the page in a browser, which shows pipelines live and changes nothing."""
