"""MIME types of what the cells of a report show; the process that runs a batch reads them without what draws and computes."""

VALUES = "application/vnd.lpo.values+json"
TABLE = "application/vnd.lpo.table+json"
FIGURE = "application/vnd.lpo.figure+json"
FINDING = "application/vnd.lpo.finding+json"
BRIEF = "application/vnd.lpo.brief+json"
