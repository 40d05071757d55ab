//! Real servers: nginx, redis and postgres serve clients on published ports and stop when asked.

use std::time::Duration;

use anyhow::{Result, ensure};
use palan_e2e::{Output, Scenario, Session, fixture, wait_until};

pub const SCENARIOS: &[(&str, Scenario)] = &[
    ("nginx", nginx),
    ("redis", redis),
    ("postgres_keeps_its_data", postgres_keeps_its_data),
    ("python", python),
];

const START: Duration = Duration::from_secs(60);

fn load(s: &mut Session, file: &str) -> Result<()> {
    let path = fixture(&format!("{file}.docker.tar"))?
        .display()
        .to_string();
    let text = s.quiet_args(["load", "-q", "-i", &path])?;
    s.note(&text);
    Ok(())
}

fn nginx(s: &mut Session) -> Result<()> {
    load(s, "nginx")?;
    s.quiet("run -d --name web -p 18080:80 nginx")?;
    let fetch = |s: &Session, address: &str| {
        let url = format!("http://{address}:18080/");
        Output::of(
            s.client("curl")
                .args(["-sS", "--noproxy", "*", "--max-time", "5", &url]),
        )
    };
    wait_until("nginx to serve", START, || {
        Ok(fetch(s, "127.0.0.1")?.code == Some(0))
    })?;
    for address in ["127.0.0.1", "198.51.100.1"] {
        fetch(s, address)?.says("Welcome to nginx!")?;
    }
    wait_until("the access log", START, || {
        Ok(s.quiet("logs web")?.contains("\"GET / HTTP/1.1\" 200"))
    })?;
    s.docker("exec web nginx -t")?.ok()?;
    s.quiet("exec web nginx -s reload")?;
    // Stops by SIGQUIT, the image's stop signal, with all requests answered.
    s.docker("stop web")?.ok()?;
    s.docker("inspect -f {{.State.ExitCode}} web")?.says("0")?;
    s.quiet("rm -v web")?;
    s.quiet("rmi nginx").map(drop)
}

fn redis(s: &mut Session) -> Result<()> {
    load(s, "redis")?;
    s.quiet("run -d --name cache -p 16379:6379 -v cache:/data redis")?;
    let ask = |s: &Session, words: &str| {
        let mut client = s.client("redis-cli");
        Output::of(client.args(["-p", "16379"]).args(words.split(' ')))
    };
    wait_until("redis to answer", START, || {
        Ok(ask(s, "ping")?.stdout == "PONG\n")
    })?;
    ask(s, "set palan hoist")?.says("OK")?;
    ask(s, "save")?.says("OK")?;
    s.docker_with("exec cache sh -c", "stat -c %U /data/dump.rdb; grep Uid /proc/1/status | cut -f2 | xargs getent passwd | cut -d: -f1")?.says("redis")?;
    s.docker("restart cache")?.ok()?;
    wait_until("redis to answer", START, || {
        Ok(ask(s, "ping")?.stdout == "PONG\n")
    })?;
    ask(s, "get palan")?.says("hoist")?;
    s.docker("exec cache redis-cli get palan")?.says("hoist")?;
    s.docker("stop cache")?.ok()?;
    s.docker("inspect -f {{.State.ExitCode}} cache")?
        .says("0")?;
    s.quiet("rm -v cache")?;
    s.quiet("rmi redis").map(drop)
}

fn postgres_keeps_its_data(s: &mut Session) -> Result<()> {
    load(s, "postgres")?;
    s.docker("run --rm postgres")?
        .exits(1)?
        .says("superuser password is not specified")?;
    let query = |s: &Session, text: &str| {
        let mut client = s.client("psql");
        client
            .env("PGPASSWORD", "secret")
            .env("PGCONNECT_TIMEOUT", "5");
        let host = ["--host=127.0.0.1", "--port=15432", "--username=postgres"];
        Output::of(client.args(host).args([
            "--no-psqlrc",
            "--tuples-only",
            "--no-align",
            "--command",
            text,
        ]))
    };
    let run = "run -d --name db -p 15432:5432 -e POSTGRES_PASSWORD=secret -v pgdata:/var/lib/postgresql/data postgres";
    s.quiet(run)?;
    wait_until("postgres to answer", START, || {
        Ok(query(s, "select 1")?.code == Some(0))
    })?;
    query(s, "create table cargo (name text, tons int)")?.ok()?;
    query(
        s,
        "insert into cargo select 'crate ' || n, n from generate_series(1, 10000) n",
    )?
    .ok()?;
    ensure!(query(s, "select sum(tons) from cargo")?.ok()? == "50005000");
    s.docker("exec -u postgres db psql -Atc select(42)")?
        .says("42")?;
    s.docker("stop db")?.ok()?;
    s.docker("inspect -f {{.State.ExitCode}} db")?.says("0")?;
    s.quiet("rm -v db")?;
    s.docker("volume ls -q")?.says("pgdata")?;
    s.quiet(run)?;
    wait_until("postgres to answer", START, || {
        Ok(query(s, "select 1")?.code == Some(0))
    })?;
    ensure!(query(s, "select count(*), sum(tons) from cargo")?.ok()? == "10000|50005000");
    let wrong = Output::of(s.client("psql").env("PGPASSWORD", "wrong").args([
        "-h",
        "127.0.0.1",
        "-p",
        "15432",
        "-U",
        "postgres",
        "-c",
        "select 1",
    ]))?;
    wrong.exits(2)?.says("password authentication failed")?;
    s.quiet("rm -f db")?;
    s.quiet("rmi postgres").map(drop)
}

fn python(s: &mut Session) -> Result<()> {
    load(s, "python-3.11-slim")?;
    let program = "import json, sys, threading, subprocess; r=[]; \
        t=[threading.Thread(target=lambda i=i: r.append(i*i)) for i in range(50)]; \
        [x.start() for x in t]; [x.join() for x in t]; \
        print(json.dumps([sum(r), subprocess.run(['echo','child'],capture_output=True,text=True).stdout, sys.version_info[:2]]))";
    s.docker_args(["run", "--rm", "python:3.11-slim", "python", "-c", program])?
        .says("[40425, \"child\\n\", [3, 11]]")?;
    s.docker_fed(
        "run --rm -i python:3.11-slim",
        b"print('from standard input')\n",
    )?
    .says("from standard input")?;
    s.quiet("rmi python:3.11-slim").map(drop)
}
