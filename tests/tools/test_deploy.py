"""What deploy/ has for operators fits the product and is well formed, as far as it can be told without running it."""

import datetime
import functools
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.conf import settings
from django.core.management import get_commands
from django.urls import resolve

from realtime import wire
from tests.journeys.server import ROOT
from tools import cluster

DEPLOY = ROOT / "deploy"
KUBERNETES = "1.30"  # the oldest that is meant
UNITS = {"k": 1024, "m": 1024**2}
OTHERS = {"POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD", "TURN_REALM", "PATH", "PYTHONUNBUFFERED"}
OTHERS |= {"PYTHONDONTWRITEBYTECODE", "PIP_DISABLE_PIP_VERSION_CHECK", "PIP_NO_CACHE_DIR"}

needs_nginx = pytest.mark.skipif(cluster.NGINX is None, reason="needs nginx: apt-get install nginx-light")


def text(name: str) -> str:
    return (DEPLOY / name).read_text()


def documents(name: str) -> list[dict[str, Any]]:
    return [each for each in yaml.safe_load_all(text(name)) if each]


MANIFESTS = sorted(path.name for path in (DEPLOY / "kubernetes").glob("*.yaml"))


@functools.cache
def manifests() -> list[dict[str, Any]]:
    return [each for name in MANIFESTS if name != "kustomization.yaml" for each in documents(f"kubernetes/{name}")]


def containers() -> list[dict[str, Any]]:
    """Those of every pod."""
    pods = [each["spec"]["template"]["spec"] for each in manifests() if "template" in each.get("spec", {})]
    return [container for pod in pods for container in pod["containers"]]


# --- nginx


def certify(folder: Path) -> None:
    """A certificate of its own, as fullchain.pem and privkey.pem."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "shop.example.com")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    (folder / "fullchain.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "privkey.pem").write_bytes(key.private_bytes(*form))


def unprivileged(conf: str) -> str:
    """The same for any user to test: nginx opens its ports for a test too, so they are high ones of the loopback."""
    conf = re.sub(r"listen (80|443)\b", r"listen 127.0.0.1:40\1", conf)
    conf = re.sub(r"listen \[::\]:(80|443)\b", r"listen 127.0.0.2:40\1", conf)
    return re.sub(r"^user .*", "", conf, flags=re.MULTILINE)


@needs_nginx
def test_nginx_takes_the_whole_configuration(tmp_path: Path) -> None:
    shutil.copytree(DEPLOY / "nginx", tmp_path / "nginx")
    certify(tmp_path)
    for path in (tmp_path / "nginx").rglob("*.conf"):
        given = path.read_text().replace("/etc/letsencrypt/live/shop.example.com", str(tmp_path))
        given = given.replace("/run/nginx.pid", f"{tmp_path}/pid").replace("/var/log/nginx/error.log", "stderr")
        path.write_text(unprivileged(given))
    if not Path("/etc/nginx/mime.types").exists():
        pytest.skip("needs nginx's mime.types")
    done = subprocess.run(
        [str(cluster.NGINX), "-t", "-c", str(tmp_path / "nginx" / "nginx.conf")], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "[warn]" not in done.stderr


def test_containers_have_the_same_groups_of_processes() -> None:
    inside = text("nginx/containers/upstreams.conf")
    outside = inside.replace("app1:8000", "127.0.0.1:8001").replace("app2:8000", "127.0.0.1:8002")
    assert outside == text("nginx/vitrine/upstreams.conf")
    services = documents("compose.yaml")[0]["services"]
    assert set(re.findall(r"server (\w+):", inside)) <= set(services)


def test_nginx_lets_through_what_the_server_takes() -> None:
    conf = text("nginx/vitrine/locations.conf")
    most = {}
    for place, size in re.findall(r"location (?:~ )?(\S+) \{\n    client_max_body_size (\w+);", conf):
        most[place] = int(size[:-1]) * UNITS[size[-1]]
    by_files = next(size for place, size in most.items() if "attachments" in place)
    assert by_files >= max(settings.LONG_BODIES.values())
    assert most["/socket.io/"] >= wire.LARGE_MESSAGE
    general = re.search(r"^client_max_body_size (\d+)m;", conf, re.MULTILINE)
    assert general is not None
    assert int(general[1]) * UNITS["m"] >= settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    pattern = next(place for place in most if "attachments" in place)
    for address in (
        "/api/support/conversations/7/attachments",
        "/api/sessions/abc/video/1/slices/2",
        "/api/products/pictures",
        "/admin/shopping/product/add/",
        "/admin/shopping/import/add/",
    ):
        assert re.match(pattern, address)
        assert any(re.fullmatch(long, address) for long in settings.LONG_BODIES)


# --- Kubernetes, compose, Render


@pytest.mark.parametrize("manifest", manifests(), ids=lambda each: f"{each['kind']}-{each['metadata']['name']}")
def test_kubernetes_knows_every_field(manifest: dict[str, Any]) -> None:
    kubernetes_validate.validate(manifest, KUBERNETES, strict=True)


def test_every_manifest_is_listed() -> None:
    listed = documents("kubernetes/kustomization.yaml")[0]["resources"]
    assert sorted(listed) == [name for name in MANIFESTS if name != "kustomization.yaml"]


def test_probes_ask_what_the_server_answers() -> None:
    probes = [each for container in containers() for name, each in container.items() if name.endswith("Probe")]
    assert len(probes) == 3
    for probe in probes:
        assert resolve(probe["httpGet"]["path"])
    assert resolve(documents("render.yaml")[0]["services"][0]["healthCheckPath"])


def test_a_pod_has_time_to_let_its_clients_go() -> None:
    server = next(
        each for each in manifests() if each["metadata"]["name"] == "vitrine-server" and "template" in each["spec"]
    )
    config = next(each for each in manifests() if each["kind"] == "ConfigMap")["data"]
    pause = int(server["spec"]["template"]["spec"]["containers"][0]["lifecycle"]["preStop"]["exec"]["command"][1])
    needed = pause + 2 + float(config["DRAIN_SECONDS"]) + 10
    assert server["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] > needed


def test_no_pod_runs_as_root() -> None:
    for each in manifests():
        if "template" in each.get("spec", {}):
            context = each["spec"]["template"]["spec"]["securityContext"]
            assert context["runAsNonRoot"]
            assert context["runAsUser"] == 10001


def test_compose_names_only_what_it_has() -> None:
    compose = documents("compose.yaml")[0]
    services = compose["services"]
    for name, service in services.items():
        assert set(service.get("depends_on", {})) <= set(services), name
        for needed, how in service.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                built_with = services[needed].get("build", {}).get("target")
                assert "healthcheck" in services[needed] or built_with == "server"
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0]
            if source.startswith("./"):
                assert (DEPLOY / source).exists(), source
            elif not source.startswith("/"):
                assert source in compose["volumes"], source


# --- the image


def test_the_image_has_every_package_of_the_product_and_nothing_else() -> None:
    named = set(re.findall(r"^!(\S+)", text("Dockerfile.dockerignore"), re.MULTILINE))
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "tools", "bench"}
    assert named == packages | {"manage.py", "requirements.txt", "deploy/nginx"}


def test_the_image_serves_as_nobody_in_particular_and_is_looked_after() -> None:
    last = text("Dockerfile").rpartition("\nFROM ")[2]
    assert "USER 10001:10001" in last
    assert "HEALTHCHECK" in last
    for source in re.findall(r"^COPY (?!--from)(\S+) ", text("Dockerfile"), re.MULTILINE):
        assert (ROOT / source).exists()


# --- systemd


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
@pytest.mark.parametrize("name", ["vitrine@.service", "vitrine-tasks.service", "vitrine.target"])
def test_systemd_understands_each_unit(name: str, tmp_path: Path) -> None:
    unit = text(f"systemd/{name}").replace("/srv/vitrine/.venv/bin/python", sys.executable)
    unit = unit.replace("/srv/vitrine/deploy", str(DEPLOY)).replace("/srv/vitrine", str(ROOT))
    placed = tmp_path / name.replace("@", "@8001")
    placed.write_text(unit)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(placed)], capture_output=True, text=True
    )
    complaints = [line for line in done.stderr.splitlines() if str(placed) in line or placed.name in line]
    assert (done.returncode, complaints) == (0, [])


# --- all of it


def test_commands_and_settings_exist() -> None:
    known = set(re.findall(r"^#?([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)) | OTHERS
    named: set[str] = set()
    for path in DEPLOY.rglob("*"):
        if not path.is_file():
            continue
        found = path.read_text()
        commands = set(re.findall(r"manage\.py(?:, | )\"?([a-z_]+)", found)) - {"collectstatic"}
        assert commands - set(get_commands()) == set(), path
        if path.suffix in (".service", "") and path.name != "Dockerfile":
            named |= {
                name for line in re.findall(r"^Environment=(.*)", found, re.M) for name in re.findall(r"(\w+)=", line)
            }
    services = documents("compose.yaml")[0]["services"].values()
    named |= {name for service in services for name in service.get("environment", {})}
    named |= set(next(each for each in manifests() if each["kind"] == "ConfigMap")["data"])
    render = documents("render.yaml")[0]
    groups = [*render["services"], *render["envVarGroups"]]
    named |= {each["key"] for group in groups for each in group.get("envVars", []) if "key" in each}
    named |= set(re.findall(r"\$\{(\w+)", text("compose.yaml")))
    assert named - known == set()
