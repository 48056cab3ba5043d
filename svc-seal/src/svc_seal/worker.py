"""Worker process of svc-seal: relay."""

from lib_service import run_worker
from svc_seal.service import SERVICE
from svc_seal.settings import Settings

if __name__ == "__main__":
    run_worker(SERVICE, Settings())
