"""The kintone REST API as plain Python: no Django, no Celery, no knowledge of hpsync."""
