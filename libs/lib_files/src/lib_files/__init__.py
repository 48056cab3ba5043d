"""Files: checked by content, digested, kept in a folder or an S3-compatible store."""

from lib_files._checked import (
    CheckedFile,
    FileInfected,
    FileTooLarge,
    FileTypeNotAllowed,
    Kind,
    NoScanner,
    Scanner,
    check_file,
    sniff,
)
from lib_files._store import FileMissing, FileStore

__all__ = [
    "CheckedFile",
    "FileInfected",
    "FileMissing",
    "FileStore",
    "FileTooLarge",
    "FileTypeNotAllowed",
    "Kind",
    "NoScanner",
    "Scanner",
    "check_file",
    "sniff",
]
