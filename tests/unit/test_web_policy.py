"""The policy of a page: hashes as browsers make them, and nothing for what we would not have written.

Hashes of the texts were made with ``printf '%s' TEXT | openssl dgst -sha256 -binary | base64``.
"""

from __future__ import annotations

from edgeworth.web.policy import NOTHING, run_policy, site_policy

EMPTY = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
ALERT = "'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='"
"""Of ``alert(1)``."""


def test_a_page_of_a_run_may_use_the_style_and_the_script_in_it_and_nothing_else():
    policy = run_policy(b"<html><style></style><p>text</p><script>alert(1)</script></html>")
    assert policy.startswith("default-src 'none'; ")
    assert f"style-src {EMPTY};" in policy
    assert f"script-src {ALERT};" in policy
    assert "unsafe" not in policy
    assert "sandbox allow-scripts" in policy
    assert "allow-same-origin" not in policy


def test_a_page_of_a_run_with_a_second_script_gets_none():
    second = b"<script>alert(1)</script><SCRIPT>steal()</SCRIPT>"
    assert "script-src 'none'" in run_policy(second)
    assert "script-src 'none'" in run_policy(b"<script>alert(1)</script><script src=//evil></script>")
    assert "script-src 'none'" in run_policy(b"<script type=module>alert(1)</script>")
    assert "style-src 'none'" in run_policy(b"<style></style><style></style>")


def test_a_page_without_a_script_allows_none():
    assert "script-src 'none'" in run_policy(b"<p>plain</p>")
    assert "style-src 'none'" in run_policy(b"<p>plain</p>")


def test_line_ends_count_as_a_browser_counts_them():
    assert run_policy(b"<script>a\r\nb</script>") == run_policy(b"<script>a\nb</script>")


def test_a_page_of_the_site_allows_its_forms_to_ask_the_site_and_nothing_to_leave_it():
    policy = site_policy("<style></style><script>alert(1)</script>")
    assert f"script-src {ALERT}" in policy
    assert "form-action 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "connect-src" not in policy, "default-src 'none' stands for it"


def test_what_is_no_page_may_do_nothing():
    assert NOTHING.startswith("default-src 'none'")
    assert NOTHING.endswith("sandbox")
