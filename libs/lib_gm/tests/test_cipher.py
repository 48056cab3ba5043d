"""Encrypted fields."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib_gm import CannotDecrypt, FieldCipher

OLD = FieldCipher("k1", {"k1": b"1" * 16}, b"i" * 32)
NEW = FieldCipher("k2", {"k1": b"1" * 16, "k2": b"2" * 16}, b"i" * 32)


@given(st.text())
def test_every_text_comes_back(text: str) -> None:
    assert OLD.decrypt(OLD.encrypt(text, context="holder.name"), context="holder.name") == text


def test_a_value_of_another_column_does_not_decrypt() -> None:
    with pytest.raises(CannotDecrypt):
        OLD.decrypt(OLD.encrypt("张三", context="holder.name"), context="holder.phone")


def test_a_changed_value_does_not_decrypt_and_is_not_quoted() -> None:
    value = OLD.encrypt("张三", context="c")
    changed = value[:-4] + ("AAA=" if not value.endswith("AAA=") else "BBB=")
    with pytest.raises(CannotDecrypt) as refused:
        OLD.decrypt(changed, context="c")
    assert changed not in str(refused.value)


def test_values_under_an_old_key_stay_readable_after_a_rotation() -> None:
    value = OLD.encrypt("张三", context="c")
    assert NEW.decrypt(value, context="c") == "张三"
    assert NEW.encrypt("张三", context="c").startswith("k2:")
    with pytest.raises(CannotDecrypt):
        OLD.decrypt(NEW.encrypt("张三", context="c"), context="c")


def test_equal_texts_have_one_index_and_different_ciphertexts() -> None:
    assert OLD.blind_index(" 41010519491231002x") == NEW.blind_index("41010519491231002X")
    assert OLD.encrypt("x", context="c") != OLD.encrypt("x", context="c")
