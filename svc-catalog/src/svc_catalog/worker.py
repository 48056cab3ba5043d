"""Worker process of svc-catalog: relay and consumers."""

from lib_service import run_worker
from svc_catalog.application.consumers import deliver_with_license
from svc_catalog.service import SERVICE
from svc_catalog.settings import Settings


def main() -> None:
    """Run until stopped."""
    run_worker(
        SERVICE,
        Settings(),
        consumers=lambda runtime: [deliver_with_license.given(clock=runtime.clock)],
    )


if __name__ == "__main__":
    main()
