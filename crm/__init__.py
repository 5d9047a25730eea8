"""What do we hold? Companies, departments, leads, the CRM's members, and who may sign in."""
