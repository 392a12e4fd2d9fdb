"""Certificates made on the spot with the openssl program (ECDSA P-256)."""

import subprocess
from pathlib import Path

NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
DAYS = ["-days", "2"]


def openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


def make_certificates(folder: Path) -> None:
    """ca.pem and, signed by it for localhost and 127.0.0.1, server.pem/.key and client.pem/.key."""
    ca = [str(folder / "ca.pem"), str(folder / "ca.key")]
    openssl("req", "-x509", *NEW_KEY, *DAYS, "-keyout", ca[1], "-out", ca[0], "-subj", "/CN=test CA")
    names = folder / "names"
    names.write_text("subjectAltName=DNS:localhost,IP:127.0.0.1")
    signer = ["-CA", ca[0], "-CAkey", ca[1], "-CAcreateserial", "-extfile", str(names)]
    for name in ("server", "client"):
        request, certificate, key = (str(folder / f"{name}.{ending}") for ending in ("csr", "pem", "key"))
        openssl("req", *NEW_KEY, "-keyout", key, "-out", request, "-subj", f"/CN={name}")
        openssl("x509", "-req", *DAYS, "-in", request, *signer, "-out", certificate)
