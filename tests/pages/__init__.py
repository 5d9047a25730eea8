"""The screens of `jobs`, visited by an administrator's client."""
