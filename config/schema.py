"""The OpenAPI document as it is served."""

import threading
from typing import Any, ClassVar

from drf_spectacular.generators import SchemaGenerator


class Generator(SchemaGenerator):
    """Makes the document once in a process: it takes a while, is the same for all, and its library has no lock.

    Where several ask at the same time, drf-spectacular would have faults of its own, which are answers of status 500.
    """

    making: ClassVar = threading.Lock()
    made: ClassVar[dict[str, Any] | None] = None

    def get_schema(self, request: Any = None, public: bool = False) -> dict[str, Any]:
        if request is None:
            return super().get_schema(request, public)  # type: ignore[no-any-return, no-untyped-call]
        with Generator.making:
            if Generator.made is None:
                Generator.made = super().get_schema(request, public)  # type: ignore[no-untyped-call]
            return Generator.made
