"""How a conversion says no."""


class ValueRefusedError(Exception):
    """This value cannot stand in this field; `code` and `params` become a `Problem`."""

    def __init__(self, code: str, **params: str | int) -> None:
        super().__init__(code)
        self.code = code
        self.params = params
