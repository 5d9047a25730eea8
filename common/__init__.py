"""The leaf: small types and tools that every package may use; imports nothing of ours."""
