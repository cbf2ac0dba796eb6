"""Calls Python's `kubernetes` package for a test: a line of JSON in, a line of JSON out.

In: {"method": "CoreV1Api.read_namespace", "args": [...], "keywords": {...}}. Out: {"value": object} or {"status": 404, "body": "..."} or
{"error": "ValueError: ..."}. Objects go out as the package's own models write them, so what they leave out or change is seen.
"""
import json
import sys

from kubernetes import client, config

config.load_kube_config()
api_client = client.ApiClient()
print(json.dumps({"value": "ready"}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    group, method = request["method"].split(".")
    try:
        value = getattr(getattr(client, group)(api_client), method)(*request["args"], **request["keywords"])
        answer = {"value": api_client.sanitize_for_serialization(value)}
    except client.ApiException as error:
        answer = {"status": error.status, "body": error.body}
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
