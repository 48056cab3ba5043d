"""The demo's pupils have the shape of the city's report."""

from pupils import DISTRICTS, PUPILS, children, schools

from lib_kernel import is_citizen_id


def test_as_many_pupils_schools_and_districts_as_reported() -> None:
    assert (len(children()), len(schools()), len(DISTRICTS)) == (1414, 20, 5)
    assert {child.school for child in children()} == set(schools())


def test_numbers_are_well_formed_and_each_ones_own() -> None:
    assert len({child.number for child in children()}) == PUPILS
    assert len({child.guardian_number for child in children()}) == PUPILS
    assert all(is_citizen_id(child.number) and is_citizen_id(child.guardian_number) for child in children())


def test_most_are_clear_and_every_kind_of_doubt_occurs() -> None:
    unclear = [child for child in children() if not child.is_clear]
    assert 0.05 < len(unclear) / PUPILS < 0.15
    assert any(not child.owns for child in unclear)
    assert any(child.missing_vaccines for child in unclear)
    assert any(not child.is_registered for child in unclear)
    assert any(child.household_division != child.school.division for child in unclear)
