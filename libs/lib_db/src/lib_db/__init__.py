"""Engine, sessions, column types and migrations of a service's own database."""

from lib_db._answers import AnswerRecorder, KeptAnswer, KeptAnswers, answer_table
from lib_db._engine import Sessions, make_engine, make_reading_sessions, make_sessions, new_metadata
from lib_db._migrate import alembic_config, is_current, migrate, run_environment
from lib_db._rows import KeyedRow, NewRows, among, arrays, driver, insert_arrays
from lib_db._types import EnumText, UtcDateTime

__all__ = [
    "AnswerRecorder",
    "EnumText",
    "KeptAnswer",
    "KeptAnswers",
    "KeyedRow",
    "NewRows",
    "Sessions",
    "UtcDateTime",
    "alembic_config",
    "among",
    "answer_table",
    "arrays",
    "driver",
    "insert_arrays",
    "is_current",
    "make_engine",
    "make_reading_sessions",
    "make_sessions",
    "migrate",
    "new_metadata",
    "run_environment",
]
