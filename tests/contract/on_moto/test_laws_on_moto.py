"""The laws of every kind, on an AWS whose authors did not write the sandbox."""

import pytest

from tests.contract.test_laws import (  # noqa: F401 - pytest collects them here, too
    test_law_1_after_an_apply_the_plan_is_empty,
    test_law_2_nothing_is_written_when_nothing_changes,
    test_law_3_a_changed_field_converges,
    test_law_3_tags_that_others_changed_are_healed,
    test_law_3_tags_that_the_spec_dropped_go_and_those_of_others_stay,
    test_law_3_what_others_changed_is_healed,
    test_law_3_what_others_deleted_comes_back,
    test_law_4_deleting_leaves_nothing_and_may_be_repeated,
    test_law_5_dependents_of_a_strangers_resource_wait,
    test_law_5_what_is_a_strangers_is_refused_and_stays_as_it_is,
)

pytestmark = pytest.mark.extended  # `make test` has the laws on the sandbox's AWS
