"""The generated files are up to date, the package is typed, and depends on httpx alone."""

import inspect
import re
import subprocess
import sys
import textwrap
from email.parser import Parser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PRODUCT = """
from dues import AsyncDues, Check, Dues
from dues.fastapi import gate

def product(dues: Dues) -> Check:
    for tenant in dues.tenants.list(plan="pro"):
        name: str = tenant["name"]
    limit: int | None = dues.tenant("org_42").entitlements()["features"]["ai_tokens"]["limit"]
    return dues.consume("ai_tokens", 3, idempotency_key="order-7")

async def awaiting(dues: AsyncDues) -> bool:
    return (await dues.tenant("org_42").check("ai_tokens"))["isValid"]

dependency = gate(Dues("https://billing.example.com", "dues_a_b", on_unavailable="allow"), "ai_tokens")
"""


def test_generated_files_are_those_of_the_document_and_of_the_blocking_client(tmp_path: Path) -> None:
    document = ROOT / "../../openapi.json"
    subprocess.run([sys.executable, str(ROOT / "generate.py"), str(document), str(tmp_path)], check=True)
    for made in tmp_path.iterdir():
        kept = (ROOT / "src/dues" / made.name).read_text()
        assert made.read_text() == kept, "run python generate.py in server/clients/python"


def test_a_typed_product_is_checked_against_the_package(tmp_path: Path) -> None:
    product = tmp_path / "product.py"
    product.write_text(PRODUCT)
    site = pytest.package_folder / "site"
    mypy = [sys.executable, "-m", "mypy", "--strict", "--python-version", "3.10", "--cache-dir", str(tmp_path)]
    checked = subprocess.run([*mypy, str(product)], env={"MYPYPATH": str(site)}, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout


#: What the examples of the README take from the product.
README_PRODUCT = """
import logging
import os
from datetime import datetime
from typing import Annotated, Any
from fastapi import Depends, FastAPI, Request, Response
from dues import Check, Dues, DuesId, UsageLimitError

url, key, secret = "https://billing.example.com", "dues_a_b", "whsec_"
dues = Dues(url, key)
org = dues.tenant("org_42")
app = FastAPI()
request: Any = None
templates: Any = None
log = logging.getLogger()
"""


def test_the_examples_of_the_readme_are_checked_against_the_package(tmp_path: Path) -> None:
    examples = re.findall(r"^```python\n(.*?)^```$", (ROOT / "README.md").read_text(), re.DOTALL | re.MULTILINE)
    assert len(examples) >= 9
    code = README_PRODUCT
    for nth, example in enumerate(examples):
        code += f"\n\ndef example_{nth}() -> Any:\n" + textwrap.indent(example, "    ")
    product = tmp_path / "readme.py"
    product.write_text(code)
    site = pytest.package_folder / "site"
    # Not as strict as the package: views of the examples have no annotations.
    options = ["--config-file=", "--check-untyped-defs", "--ignore-missing-imports", "--cache-dir", str(tmp_path)]
    mypy = [sys.executable, "-m", "mypy", *options]
    checked = subprocess.run([*mypy, str(product)], env={"MYPYPATH": str(site)}, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout


def test_the_readme_lists_every_method_and_option() -> None:
    from dues import AsyncDues, Dues, TenantClient
    from dues._client import Tenants

    readme = (ROOT / "README.md").read_text()

    def public(kind: type) -> set[str]:
        return {name for name in dir(kind) if not name.startswith("_")}

    of_dues = public(Dues) - public(TenantClient)
    listed = {f"| `{name}(" for name in public(TenantClient) | (of_dues - {"buffered"})}
    listed |= {f"| `tenants.{name}(" for name in public(Tenants)} | {"| `buffered`"}
    listed |= {f"`{option}`" for option in inspect.signature(Dues).parameters if option not in ("url", "key")}
    assert {one for one in listed if one not in readme} == set()
    assert public(AsyncDues) == public(Dues)


def test_the_package_depends_on_httpx_alone() -> None:
    site = pytest.package_folder / "site"
    metadata = Parser().parsestr(next(site.glob("dues-*.dist-info/METADATA")).read_text())
    needed = [line for line in metadata.get_all("Requires-Dist") if "extra ==" not in line]
    assert [line.split("<")[0] for line in needed] == ["httpx"]
    assert (site / "dues/py.typed").exists()
    license_text = next(site.glob("dues-*.dist-info/licenses/LICENSE")).read_text()
    assert license_text == (ROOT / "../../../LICENSE").read_text()
