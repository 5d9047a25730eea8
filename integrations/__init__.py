"""How do we talk to kintone? Connections, their secrets, apps and forms, the request ledger."""
