//! What stands on the screen after many changes is what a screen that is drawn anew shows, cell by cell.

use std::time::{Duration, Instant};

use tenantry::domain::row::Row;
use tenantry::domain::value::Value;

use super::kit::{Console, PATIENCE};
use crate::support::many::product;
use crate::support::{Program, Stack};

/// Each with what terminals disagree about.
const NAMES: [&str; 8] = [
    "ﾎﾞﾙﾄ ﾅｯﾄ ﾊﾟｯｷﾝ",
    "q\u{303}x n\u{303}y e\u{301}z",
    "👩\u{200d}💻 dev 👍🏽 ok 🇯🇵 jp",
    "\u{1112}\u{1161}\u{11ab}\u{1100}\u{1173}\u{11af} NFD",
    "שלום 42 עולם",
    "ボルト M6 (改)",
    "กำลัง ที่",
    "plain text that covers all of it",
];

/// How long nothing changes on a screen that is at rest.
const STILL: Duration = Duration::from_millis(400);

/// Every cell with its colours, once nothing changes any more.
fn at_rest(console: &Console) -> Vec<Vec<String>> {
    let cells = || {
        let parser = console.screen.lock().unwrap();
        let (rows, columns) = parser.screen().size();
        let cell = |y, x| match parser.screen().cell(y, x) {
            Some(cell) if cell.has_contents() && cell.contents() != " " => {
                format!("{} {:?} {:?} {}", cell.contents(), cell.fgcolor(), cell.bold(), cell.is_wide())
            }
            _ => String::new(),
        };
        (0..rows.get()).map(|y| (0..columns.get()).map(|x| cell(y, x)).collect()).collect::<Vec<Vec<String>>>()
    };
    let (began, mut since, mut last) = (Instant::now(), Instant::now(), cells());
    while since.elapsed() < STILL {
        assert!(began.elapsed() < PATIENCE, "it never comes to rest\n{}", console.text());
        std::thread::sleep(Duration::from_millis(20));
        let now = cells();
        if now != last {
            (since, last) = (Instant::now(), now);
        }
    }
    last
}

#[tokio::test(flavor = "multi_thread")]
async fn no_cell_of_what_stood_there_before_is_left() {
    let stack = Stack::new().await;
    let named = |i: usize| {
        let mut row = product("acme", i, "");
        row.0.insert("name".to_owned(), Value::s(format!("{} {i}", NAMES[i % NAMES.len()])));
        row
    };
    let rows: Vec<Row> = (0..90).map(named).collect();
    stack.load("dev-shop-product-data", &rows).await;
    let program = Program::new(&stack);
    let command = program.command(&[]);
    let arguments: Vec<&str> = command.as_std().get_args().map(|word| word.to_str().unwrap()).collect();
    let keys = [("AWS_ACCESS_KEY_ID", "sandbox"), ("AWS_SECRET_ACCESS_KEY", "sandbox")];
    let mut console = Console::start(&arguments, &keys);
    console.wait_for("product");
    console.press(":open PRODUCT#acme\r");
    console.wait_for("P-00002");
    // Rows over rows, and dialogs that come over them and go.
    for keys in [
        "jjj",
        "G",
        "kkkkkkk",
        "A",
        "\u{1b}",
        "g",
        "jjjjjjjjj",
        "?",
        "\u{1b}",
        "5",
        "\u{1b}",
        "/P-0004",
        "\u{1b}",
        "G",
        "kk",
    ] {
        console.press(keys);
        drop(at_rest(&console));
    }
    let after_changes = at_rest(&console);
    // A terminal of another size gets everything anew.
    console.resize(39, 120);
    drop(at_rest(&console));
    console.resize(40, 120);
    let anew = at_rest(&console);
    for (y, (was, is)) in after_changes.iter().zip(&anew).enumerate() {
        assert_eq!(was, is, "row {y}\n{}", console.text());
    }
    assert!(anew.iter().flatten().any(|cell| cell.starts_with('ﾎ')), "{}", console.text());
}
