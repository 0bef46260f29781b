//! What the console costs: how long its pages take and weigh, how soon an act is seen, and what open pages cost.

use crate::BenchError;
use crate::cpu::Cpu;
use crate::goods::{self, Taste, carry_out, ids_all_over, release_some, sku};
use crate::http::Server;
use crate::latency::Latency;
use crate::memory::private_bytes;
use crate::random::Random;
use crate::report::ratio;
use crate::{engine, grow};
use serde::Serialize;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use waybill_domain::Code;
use waybill_domain::actor::Permission;
use waybill_domain::ids::OrderId;
use waybill_domain::order::hold::ApplyHold;
use waybill_domain::order::{HoldKind, Step};
use waybill_engine::Engine;

/// How often each page is asked for.
const ASKED: usize = 100;
/// Pages that are open and hear of every change.
const OPEN: usize = 500;
/// How often somebody waits to be told of an order.
const TOLD: usize = 20;
/// A page that was told something is not told again before this.
const REST: Duration = Duration::from_millis(600);

/// Figures of the console.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Pages {
    pub pages: Vec<Figures>,
    /// Today with all that it needs, compressed, as somebody who comes for the first time loads it.
    pub first_page_kb: f64,
    /// A note sent on an order until the order's page is there again.
    pub act: Latency,
    pub live: Live,
}

/// One page, with nothing else going on.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Figures {
    pub page: String,
    /// From connecting until the last byte.
    pub latency: Latency,
    /// Compressed, with its head; of the last one asked for.
    pub kb: f64,
}

/// Pages that are open, on connections of this same process.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Live {
    pub open: usize,
    /// By which the process grew, both ends of each connection.
    pub memory_mb: f64,
    /// From placing an order until an open page hears of it.
    pub told: Latency,
    /// Processor time of the whole process an order, with nobody looking and with all of them.
    pub cpu_us_per_order_alone: f64,
    pub cpu_us_per_order: f64,
    pub cpu_cost: Option<f64>,
}

/// Asks for every page, acts once, and opens many.
pub async fn measure(
    server: &dyn Server,
    engine: &Engine,
    callers: usize,
    measured: Duration,
    say: &(dyn Fn(&str) + Send + Sync),
) -> Result<Pages, BenchError> {
    let store = &**engine.store();
    release_some(engine).await?;
    let ids = ids_all_over(store).await?;
    hold_some(engine, &ids).await?;
    say("waiting until every order is found by its words and counted in the reports");
    grow::words_are_kept(store).await?;
    grow::sums_are_kept(store).await?;
    let secret = goods::key(engine, Permission::ALL).await?;
    let serving = server.start(engine.clone()).await.map_err(BenchError::Http)?;
    let browser = Browser { address: serving.address(), secret };
    say("asking for every page");
    let pages = browser.all_pages(&ids).await?;
    let first_page_kb = browser.first_page_kb().await?;
    let act = browser.acts(&ids).await?;
    let live = live(&browser, engine, callers, measured, say).await?;
    serving.stop().await;
    Ok(Pages { pages, first_page_kb, act, live })
}

/// Puts holds on some orders, so that there is something to look at.
async fn hold_some(engine: &Engine, ids: &[OrderId]) -> Result<(), BenchError> {
    for order_id in ids.iter().skip(1).step_by(2) {
        let hold = ApplyHold {
            order_id: *order_id,
            kind: HoldKind::Fraud,
            steps: vec![Step::Release],
            line: None,
            reason: "velocity".to_owned(),
            note: None,
            owner: None,
            due_at: Some(engine.now().plus_seconds(86_400)),
        };
        // Some of them have been handed to their location, where nothing is held any more.
        match carry_out(engine, hold).await {
            Ok(_) | Err(BenchError::Submit(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Asks as a browser does, each time on a connection of its own.
struct Browser {
    address: SocketAddr,
    secret: String,
}

fn failed(error: impl std::fmt::Display) -> BenchError {
    BenchError::Http(error.to_string())
}

impl Browser {
    async fn open(&self, method: &str, path: &str, more: &str) -> Result<TcpStream, BenchError> {
        let mut stream = TcpStream::connect(self.address).await.map_err(failed)?;
        stream.set_nodelay(true).map_err(failed)?;
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {}\r\nAccept: text/html\r\n{more}",
            self.secret
        );
        stream.write_all(head.as_bytes()).await.map_err(failed)?;
        Ok(stream)
    }

    /// A whole answer, which must have this status.
    async fn answer(&self, method: &str, path: &str, more: &str, status: u16) -> Result<Vec<u8>, BenchError> {
        let mut stream = self.open(method, path, &format!("Connection: close\r\n{more}")).await?;
        let mut answer = Vec::with_capacity(32_768);
        stream.read_to_end(&mut answer).await.map_err(failed)?;
        let found = answer.get(9..12).and_then(|digits| std::str::from_utf8(digits).ok()?.parse::<u16>().ok());
        if found == Some(status) {
            return Ok(answer);
        }
        Err(failed(format!("{method} {path}: {}", String::from_utf8_lossy(&answer[..answer.len().min(500)]))))
    }

    async fn compressed(&self, path: &str) -> Result<usize, BenchError> {
        Ok(self.answer("GET", path, "Accept-Encoding: gzip\r\n\r\n", 200).await?.len())
    }

    async fn text(&self, path: &str) -> Result<String, BenchError> {
        let answer = self.answer("GET", path, "\r\n", 200).await?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }

    async fn page(&self, page: &str, path: impl Fn(usize) -> String) -> Result<Figures, BenchError> {
        let mut micros = Vec::with_capacity(ASKED);
        let mut bytes = 0;
        for n in 0..ASKED {
            let path = path(n);
            let asked = Instant::now();
            bytes = self.compressed(&path).await?;
            micros.push(u32::try_from(asked.elapsed().as_micros()).unwrap_or(u32::MAX));
        }
        Ok(Figures { page: page.to_owned(), latency: Latency::of(micros), kb: bytes as f64 / 1_000.0 })
    }

    async fn all_pages(&self, ids: &[OrderId]) -> Result<Vec<Figures>, BenchError> {
        const PLAIN: &[&str] = &[
            "/",
            "/orders",
            "/orders?held=true",
            "/orders?lifecycle=confirmed",
            "/holds",
            "/board",
            "/pick",
            "/pack",
            "/ship",
            "/backorders",
            "/stock",
            "/receipts",
            "/transfers",
            "/items",
            "/customers",
            "/reports",
            "/reports/times",
            "/reports/promises",
            "/reports/holds",
            "/reports/items",
            "/settings",
        ];
        let mut all = Vec::new();
        for page in PLAIN {
            all.push(self.page(page, |_| (*page).to_owned()).await?);
        }
        let one = |n: usize| ids.get(n % ids.len().max(1)).map(OrderId::to_string).unwrap_or_default();
        let mut links = Vec::new();
        for n in 0..ASKED.min(20) {
            // {"path":"/o/..."}
            let answer = self.text(&format!("/api/v1/orders/{}/customer_page", one(n))).await?;
            links.extend(answer.split("\"path\":\"").nth(1).and_then(|rest| rest.split('"').next()).map(str::to_owned));
        }
        let name = || {
            let (first, last) = goods::name(&mut Random::fresh());
            format!("{first}+{last}")
        };
        all.push(self.page("/orders/{order}", |n| format!("/orders/{}", one(n))).await?);
        all.push(self.page("/orders?search={name}", |_| format!("/orders?search={}", name())).await?);
        all.push(self.page("/search?q={name}", |_| format!("/search?q={}", name())).await?);
        all.push(self.page("/items/{sku}", |n| format!("/items/{}", sku(n))).await?);
        all.push(self.page("/stock/{sku}", |n| format!("/stock/{}", sku(n))).await?);
        all.push(self.page("/o/{token}", |n| links.get(n % links.len().max(1)).cloned().unwrap_or_default()).await?);
        Ok(all)
    }

    /// Today and every file that its head names.
    async fn first_page_kb(&self) -> Result<f64, BenchError> {
        let page = self.text("/").await?;
        let mut bytes = self.compressed("/").await?;
        let named = page.split(['"', '\'']).filter(|part| part.starts_with("/assets/"));
        // A symbol of the sprite is one of the same file.
        let files: std::collections::BTreeSet<&str> = named.filter_map(|file| file.split('#').next()).collect();
        for file in files {
            bytes += self.compressed(file).await?;
        }
        Ok(bytes as f64 / 1_000.0)
    }

    async fn acts(&self, ids: &[OrderId]) -> Result<Latency, BenchError> {
        let mut random = Random::fresh();
        let mut micros = Vec::with_capacity(ASKED);
        for n in 0..ASKED {
            let order = ids.get(n % ids.len().max(1)).map(OrderId::to_string).unwrap_or_default();
            let body = format!("key={}&text=Call+back+{n}", random.uuid());
            let head = format!(
                "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            );
            let asked = Instant::now();
            self.answer("POST", &format!("/orders/{order}/note"), &head, 303).await?;
            self.compressed(&format!("/orders/{order}")).await?;
            micros.push(u32::try_from(asked.elapsed().as_micros()).unwrap_or(u32::MAX));
        }
        Ok(Latency::of(micros))
    }

    /// Opens pages that are told of every change. The first says when it hears something; each must have been told once.
    async fn look(&self, count: usize) -> Result<(JoinSet<()>, mpsc::UnboundedReceiver<Instant>), BenchError> {
        let mut looking = JoinSet::new();
        let (hears, heard) = mpsc::unbounded_channel();
        for n in 0..count {
            let mut stream = self.open("GET", "/live", "Accept-Encoding: identity\r\n\r\n").await?;
            let mut buffer = vec![0; 4_096];
            let begun = stream.read(&mut buffer).await.map_err(failed)?;
            if !buffer[..begun].starts_with(b"HTTP/1.1 200") {
                return Err(failed(String::from_utf8_lossy(&buffer[..begun])));
            }
            let hears = (n == 0).then(|| hears.clone());
            looking.spawn(async move {
                while let Ok(1..) = stream.read(&mut buffer).await {
                    if let Some(hears) = &hears {
                        let _ = hears.send(Instant::now());
                    }
                }
            });
        }
        Ok((looking, heard))
    }
}

async fn live(
    browser: &Browser,
    engine: &Engine,
    callers: usize,
    measured: Duration,
    say: &(dyn Fn(&str) + Send + Sync),
) -> Result<Live, BenchError> {
    let mut live = Live { open: OPEN, ..Live::default() };
    let (mut alone, mut beside) = (Vec::new(), Vec::new());
    say(&format!("placing orders with nobody looking, and with {OPEN} open pages, in turns"));
    for round in 0..4 {
        if round % 2 == 0 {
            alone.push(cpu_per_order(engine, callers, measured / 2).await?);
            continue;
        }
        let before = private_bytes().unwrap_or_default();
        let (looking, mut heard) = browser.look(OPEN).await?;
        if round == 1 {
            live.told = told(engine, &mut heard).await?;
            let grown = private_bytes().unwrap_or_default().saturating_sub(before);
            live.memory_mb = grown as f64 / 1e6;
        }
        beside.push(cpu_per_order(engine, callers, measured / 2).await?);
        drop(looking);
    }
    let mean = |all: &[f64]| all.iter().sum::<f64>() / all.len().max(1) as f64;
    (live.cpu_us_per_order_alone, live.cpu_us_per_order) = (mean(&alone), mean(&beside));
    live.cpu_cost = ratio(live.cpu_us_per_order, live.cpu_us_per_order_alone);
    Ok(live)
}

/// How long an open page takes to hear of an order that is placed while nothing else happens.
async fn told(engine: &Engine, heard: &mut mpsc::UnboundedReceiver<Instant>) -> Result<Latency, BenchError> {
    let (actor, mut random) = (goods::caller_actor(), Random::fresh());
    let mut micros = Vec::with_capacity(TOLD);
    for _ in 0..TOLD {
        tokio::time::sleep(REST).await;
        while heard.try_recv().is_ok() {}
        let placed = Instant::now();
        engine.submit(goods::submission(engine, &actor, &mut random, goods::Paid::Terms, Taste::Spread)).await?;
        if let Some(at) = heard.recv().await {
            micros.push(u32::try_from((at - placed).as_micros()).unwrap_or(u32::MAX));
        }
    }
    Ok(Latency::of(micros))
}

async fn cpu_per_order(engine: &Engine, callers: usize, measured: Duration) -> Result<f64, BenchError> {
    let count = async || -> Result<i64, BenchError> {
        let rows = engine.store().read("SELECT CAST(COUNT(*) AS BIGINT) FROM orders", &[]).await?;
        Ok(rows.into_iter().next().map_or(Ok(0), |mut row| row.take())?)
    };
    let (placed, cpu) = (count().await?, Cpu::now());
    engine::measure(std::slice::from_ref(engine), callers, Taste::Spread, measured).await?;
    let spent = Cpu::now().us(&cpu);
    Ok(spent / (count().await? - placed).max(1) as f64)
}
