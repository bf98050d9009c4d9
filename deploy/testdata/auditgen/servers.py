"""PostgreSQL and MariaDB under a simulated clock."""

import glob
import os
import pwd
import shutil
import subprocess
import time

import psycopg
import pymysql

from .egress import Egress

PG_BIN = "/usr/lib/postgresql/15/bin"
PASSWORD = "correct-horse-{}"  # every account's password, {} being its name


def _libfaketime():
    found = glob.glob("/usr/lib/*/faketime/libfaketime.so.1")
    if not found:
        raise SystemExit("libfaketime is missing: run deploy/install-test-servers.sh")
    return found[0]


def _free_port():
    import socket
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]


class Server:
    """What both have in common: an account, a folder, hosts to connect from."""

    account = None

    def __init__(self, folder):
        self.folder, self.port, self.process = folder, _free_port(), None
        self.clock_file = os.path.join(folder, "clock")
        self._egress = {}
        os.makedirs(folder)
        with open(self.clock_file, "w", encoding="ascii") as f:
            f.write("+0\n")
        if os.getuid() == 0:
            who = pwd.getpwnam(self.account)
            os.chown(folder, who.pw_uid, who.pw_gid)

    def _as_account(self, command, uts_name=None):
        prefix = ["setpriv", "--pdeathsig", "QUIT"]
        if os.getuid() == 0:
            prefix += ["--reuid", self.account, "--regid", self.account, "--clear-groups"]
            if uts_name:  # the host name that MariaDB writes into every line
                prefix = ["unshare", "--uts", "sh", "-c", 'hostname "$0"; exec "$@"', uts_name] + prefix
        return prefix + command

    def _faked(self, command):
        """Preloads libfaketime for the server alone: loaded before the change of account, its semaphore would be root's."""
        return ["env", f"LD_PRELOAD={_libfaketime()}", f"FAKETIME_TIMESTAMP_FILE={self.clock_file}", "FAKETIME_NO_CACHE=1",
                "FAKETIME_DONT_FAKE_MONOTONIC=1", "FAKETIME_DONT_RESET=1", *command]

    def _console(self):
        return open(os.path.join(self.folder, "console"), "ab")

    def _wait(self, probe):
        deadline = time.monotonic() + 60
        while True:
            try:
                probe()
                return
            except (psycopg.OperationalError, pymysql.Error) as e:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    with open(f"{self.folder}/console", encoding="utf-8", errors="replace") as f:
                        raise SystemExit(f"{self.account} did not start: {e}\n{f.read()[-2000:]}") from e
                time.sleep(0.05)

    def host(self, address):
        """The forwarder through which a simulated host reaches the server."""
        if address not in self._egress:
            self._egress[address] = Egress(address, self.port)
        return self._egress[address]

    def settle(self):
        for egress in list(self._egress.values()):
            egress.settle()

    def stop(self, signal):
        self.process.send_signal(signal)
        self.process.wait(60)


class Postgres(Server):
    account = "postgres"

    def __init__(self, folder, database, settings):
        super().__init__(folder)
        self.database, self.settings = database, settings
        self.data = os.path.join(folder, "data")
        subprocess.run(self._as_account([f"{PG_BIN}/initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "-E", "UTF8",
                                         "--locale=C.UTF-8", "--no-sync"]), check=True, stdout=subprocess.DEVNULL, cwd=folder)
        with open(f"{self.data}/pg_hba.conf", "w", encoding="ascii") as f:
            f.write("local all all trust\nhost all all 127.0.0.0/8 scram-sha-256\n")

    def start(self, audited):
        """Starts the server: unaudited to load it, then audited for the week."""
        settings = {
            "port": self.port, "unix_socket_directories": self.folder, "listen_addresses": "127.0.0.1", "fsync": "off",
            "shared_preload_libraries": "pgaudit", "max_connections": 60, "log_timezone": "UTC", "timezone": "UTC",
            "autovacuum": "off", "jit": "off", "logging_collector": "off", "pgaudit.log": "none",
        }
        if audited:
            settings |= {
                "logging_collector": "on", "log_directory": "log", "log_filename": "postgresql.log", "log_file_mode": "0644",
                "log_rotation_age": 0, "log_rotation_size": 0, "log_connections": "on", "log_disconnections": "on",
                "pgaudit.log_rows": "on", "log_min_error_statement": "error", "log_checkpoints": "on",
            } | self.settings
        # A file, not -c: only then can ALTER SYSTEM change them.
        with open(f"{self.data}/postgresql.conf", "w", encoding="ascii") as f:
            f.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
        self.process = subprocess.Popen(
            self._as_account(self._faked([f"{PG_BIN}/postgres", "-D", self.data])),
            cwd=self.folder, stdout=subprocess.DEVNULL, stderr=self._console())
        self._wait(lambda: self.admin().close())

    def stop(self):
        import signal
        super().stop(signal.SIGINT)

    def admin(self, database="postgres"):
        return psycopg.connect(host=self.folder, port=self.port, user="postgres", dbname=database, autocommit=True)

    def connect(self, role, address, application, password=None, cursor_factory=psycopg.Cursor):
        egress = self.host(address)
        return psycopg.connect(host=egress.address, port=egress.port, user=role, dbname=self.database, autocommit=True,
                               password=password or PASSWORD.format(role), application_name=application, sslmode="disable",
                               cursor_factory=cursor_factory, connect_timeout=20)

    def client(self, command, role, address, database=None, stdin=None, check=True, password=None):
        """Runs one of PostgreSQL's own clients, as a person or a cron job would."""
        egress = self.host(address)
        env = dict(os.environ, PGHOST=egress.address, PGPORT=str(egress.port), PGUSER=role, PGSSLMODE="disable",
                   PGPASSWORD=password or PASSWORD.format(role), PGDATABASE=database or self.database, HOME=self.folder)
        return subprocess.run([f"{PG_BIN}/{command[0]}", *command[1:]], env=env, input=stdin, text=True, check=check,
                              stdout=subprocess.DEVNULL, stderr=None if check else subprocess.DEVNULL)

    def psql(self, role, address, script, check=True, password=None):
        self.client(["psql", "-X", "-q"], role, address, stdin=script, check=check, password=password)

    def local_psql(self, script):
        """The superuser, on the server itself, over the Unix socket."""
        subprocess.run([f"{PG_BIN}/psql", "-X", "-q", "-h", self.folder, "-p", str(self.port), "-U", "postgres", self.database],
                       input=script, text=True, check=True, stdout=subprocess.DEVNULL)
        time.sleep(0.5)  # no forwarder sees this session end

    def pgbench_init(self):
        subprocess.run([f"{PG_BIN}/pgbench", "-i", "-q", "-h", self.folder, "-p", str(self.port), "-U", "postgres", self.database],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def logs(self):
        ext = {"stderr": "log", "csvlog": "csv", "jsonlog": "json"}[self.settings["log_destination"]]
        return os.path.join(self.data, "log", f"postgresql.{ext}")


class MariaDB(Server):
    account = "mysql"

    def __init__(self, folder, database, host_name):
        super().__init__(folder)
        self.database, self._host_name = database, host_name
        self.data, self.socket = os.path.join(folder, "data"), os.path.join(folder, "sock")
        self.audit_log = os.path.join(folder, "server_audit.log")
        subprocess.run(self._as_account(["mariadb-install-db", "--no-defaults", f"--datadir={self.data}",
                                         "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"]),
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder)

    def start(self, audited):
        command = [shutil.which("mariadbd") or "/usr/sbin/mariadbd", "--no-defaults", f"--datadir={self.data}",
                   f"--socket={self.socket}", f"--port={self.port}", "--bind-address=127.0.0.1", "--skip-name-resolve",
                   "--innodb-flush-log-at-trx-commit=0", "--performance-schema=OFF", f"--pid-file={self.folder}/pid",
                   "--default-time-zone=+00:00", "--secure-file-priv="]
        if audited:
            command += ["--plugin-load-add=server_audit", "--server-audit-logging=ON", "--server-audit-events=CONNECT,QUERY,TABLE",
                        f"--server-audit-file-path={self.audit_log}", "--server-audit-file-rotate-size=1G"]
        self.process = subprocess.Popen(self._as_account(self._faked(command), self._host_name), cwd=self.folder,
                                        stdout=subprocess.DEVNULL, stderr=self._console())
        self._wait(lambda: self.admin().close())

    def stop(self):
        import signal
        super().stop(signal.SIGTERM)

    def settle(self):
        super().settle()
        time.sleep(0.002)  # it answers first and logs a moment later

    def admin(self, database=None):
        return pymysql.connect(unix_socket=self.socket, user="root", database=database, autocommit=True)

    def connect(self, role, address, password=None):
        egress = self.host(address)
        return pymysql.connect(host=egress.address, port=egress.port, user=role, database=self.database, autocommit=True,
                               password=password or PASSWORD.format(role), charset="utf8mb4",
                               client_flag=pymysql.constants.CLIENT.MULTI_STATEMENTS)

    def client(self, command, role, address, stdin=None, check=True, password=None):
        egress = self.host(address)
        env = dict(os.environ, MYSQL_PWD=password or PASSWORD.format(role), HOME=self.folder)
        name, *rest = command
        return subprocess.run([name, "--no-defaults", "--protocol=tcp", f"--host={egress.address}", f"--port={egress.port}",
                               f"--user={role}", *rest], env=env, input=stdin, text=True, check=check,
                              stdout=subprocess.DEVNULL, stderr=None if check else subprocess.DEVNULL)

    def mysql(self, role, address, script, check=True, password=None):
        self.client(["mariadb", "--force", self.database], role, address, stdin=script, check=check, password=password)

    def logs(self):
        return self.audit_log
