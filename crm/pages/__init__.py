"""The pages of the customer data: views are doors, forms judge what comes in."""
