//! CSV files as people really have them: other encodings and delimiters, quotes that are missing, pipes, and files that are no files.

use std::os::unix::fs::symlink;
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;

use crate::csv::Dir;
use crate::support::program::{Printed, json_lines};
use crate::support::{Program, Stack};

const PRODUCTS: &str = "dev-shop-product-data";
const HEADER: &str = "sourcePk,sourceSk,code,name,attributes,targetTenantCode";

fn error(printed: &Printed) -> &serde_json::Value {
    printed.events("error").first().copied().unwrap_or_else(|| panic!("{}\n{}", printed.stdout, printed.stderr))
}

fn text<'a>(json: &'a serde_json::Value, key: &str) -> &'a str {
    json[key].as_str().unwrap_or_default()
}

async fn import(program: &Program, file: &str, plan: &str) -> Printed {
    program.json(&["import", file, plan, "--arm", "--approve", "all"]).await
}

#[tokio::test]
async fn a_quote_that_is_never_closed_is_named_before_anything_is_written() {
    let stack = Stack::new().await;
    let (program, dir) = (Program::new(&stack), Dir::new());
    let plan = dir.import("[target]\ntenant = \"hooli\"");
    let last = "sourcePk,sourceSk,attributes,name\r\nPRODUCT#x,A-1,{},n\r\nPRODUCT#x,A-2,{},\"two\r\nPRODUCT#x,A-3,{},n\r\nPRODUCT#x,A-4,{},n\r\n";
    let rows: String = (2..2_000).map(|i| format!("PRODUCT#x,A-{i},c,n,{{}},hooli\n")).collect();
    let middle = format!("{HEADER}\nPRODUCT#x,A-1,c,\"n,{{}},hooli\n{rows}");
    for (content, line) in [(last, 3), (middle.as_str(), 2)] {
        let run = import(&program, &dir.file("in.csv", content.as_bytes()), &plan).await;
        let e = error(&run);
        assert_eq!((run.code, e["line"].as_u64()), (1, Some(line)), "{}", run.stdout);
        assert!(text(e, "message").contains(&format!("in line {line} is never closed")), "{e}");
        assert!(run.events("item").is_empty() && !std::path::Path::new(&dir.at("rejects.csv")).exists());
    }
    // Closed by the next quote of the file: nothing of what lies between becomes a name.
    let closed = "sourcePk,sourceSk,attributes,name\nPRODUCT#x,A-1,{},\"two\nPRODUCT#x,A-2,{},n\nPRODUCT#x,A-3,{},6\"\nPRODUCT#x,A-4,{},n\n";
    let run = import(&program, &dir.file("in.csv", closed.as_bytes()), &plan).await;
    assert_eq!((run.code, run.end()["outcomes"]["done"].as_u64()), (3, Some(1)), "{}", run.stdout);
    assert!(stack.get(PRODUCTS, "PRODUCT#hooli", "A-4").await.is_some());
    assert!(stack.get(PRODUCTS, "PRODUCT#hooli", "A-1").await.is_none());
    assert!(dir.read("rejects.csv").contains("a quote is missing or too many"), "{}", dir.read("rejects.csv"));
}

#[tokio::test]
async fn rejects_carry_exactly_the_bytes_of_the_refused_row_whatever_the_line_ends() {
    let stack = Stack::new().await;
    let (program, dir) = (Program::new(&stack), Dir::new());
    let plan = dir.import("");
    for (name, end) in [("crlf", "\r\n"), ("lf", "\n"), ("cr", "\r")] {
        let rows = [
            format!("PRODUCT#x,{name}-1,c,n,{{}},hooli"),
            format!("PRODUCT#x,{name}-2,c,\"5\" pipe,{{}},hooli"),
            String::new(),
            format!("PRODUCT#x,{name}-3,\"a{end}b\",  \"n\" ,{{oops,hooli"),
            format!("PRODUCT#x,{name}-4,c,n,{{}},hooli"),
        ];
        let file = dir.file("in.csv", [&[HEADER.to_owned()], &rows[..]].concat().join(end).as_bytes());
        let run = import(&program, &file, &plan).await;
        let found: Vec<(u64, &str)> = run
            .events("item")
            .iter()
            .filter(|i| i["action"] == "invalid")
            .map(|i| (i["line"].as_u64().unwrap(), i["reason"].as_str().unwrap()))
            .collect();
        assert_eq!(found, [(3, "csv"), (5, "malformed_json")], "{name}: {}", run.stdout);
        assert_eq!(run.end()["outcomes"]["done"].as_u64(), Some(2), "{name}: {}", run.stdout);
        let rejects = dir.read("rejects.csv");
        let expected = format!("{HEADER},line,reason{end}{},3,", rows[1]);
        assert!(rejects.starts_with(&expected), "{name}: {rejects:?}");
        assert!(rejects.contains(&format!("{end}{},5,", rows[3])) && rejects.ends_with(end), "{name}: {rejects:?}");
        assert!(!rejects.contains(&format!("{name}-1")) && !rejects.contains(&format!("{name}-4")), "{rejects:?}");
    }
    // One CR alone among other line ends.
    let text = format!(
        "{HEADER}\nPRODUCT#x,B-1,c,n,{{}},hooli\rPRODUCT#x,B-2,c,n,{{oops,hooli\nPRODUCT#x,B-3,c,n,{{}},hooli\n"
    );
    let run = import(&program, &dir.file("in.csv", text.as_bytes()), &plan).await;
    assert_eq!(run.end()["outcomes"]["done"].as_u64(), Some(2), "{}", run.stdout);
    let rejects = dir.read("rejects.csv");
    assert!(rejects.contains("\nPRODUCT#x,B-2,c,n,{oops,hooli,3,") && !rejects.contains("B-1"), "{rejects:?}");
}

fn utf16(text: &str) -> Vec<u8> {
    std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

#[tokio::test]
async fn files_of_spreadsheets_are_read_and_rejected_in_their_own_encoding() {
    let stack = Stack::new().await;
    let (program, dir) = (Program::new(&stack), Dir::new());
    let plan = dir.import("");
    let content = format!(
        "{HEADER}\r\nPRODUCT#x,U-1,c,ボルト,\"{{\"\"t\"\":\"\"ナット\"\"}}\",hooli\r\n,,,,,\r\nPRODUCT#x,U-2,c,座金,{{oops,hooli\r\n"
    );
    let run = import(&program, &dir.file("in.csv", &utf16(&content)), &plan).await;
    assert_eq!((run.code, run.end()["outcomes"]["done"].as_u64()), (3, Some(1)), "{}\n{}", run.stdout, run.stderr);
    assert!(run.stderr.contains("2 rows, read as UTF-16; 1 blank row"), "{}", run.stderr);
    let row = stack.get(PRODUCTS, "PRODUCT#hooli", "U-1").await.unwrap();
    assert_eq!(row.text("name"), Some("ボルト"));
    let rejects = std::fs::read(dir.at("rejects.csv")).unwrap();
    let expected = utf16(&format!("{HEADER},line,reason\r\nPRODUCT#x,U-2,c,座金,{{oops,hooli,4,"));
    assert!(rejects.starts_with(&expected), "{:?}", String::from_utf8_lossy(&rejects));
    // Mended, it is fed again.
    let units: Vec<u16> = rejects.chunks(2).map(|u| u16::from_le_bytes([u[0], u[1]])).collect();
    let mended = String::from_utf16(&units).unwrap().replace("{oops", "{}");
    let run = import(&program, &dir.file("mended.csv", &utf16(mended.trim_start_matches('\u{feff}'))), &plan).await;
    assert_eq!((run.code, run.end()["outcomes"]["done"].as_u64()), (0, Some(1)), "{}", run.stdout);

    let cp932 = [HEADER.as_bytes(), b"\r\nPRODUCT#x,S-1,c,\x83\x7b\x83\x8b\x83\x67,{},hooli\r\n"].concat();
    let run = import(&program, &dir.file("in.csv", &cp932), &plan).await;
    assert!(run.code == 0 && run.stderr.contains("read as CP932"), "{}\n{}", run.stdout, run.stderr);
    let row = stack.get(PRODUCTS, "PRODUCT#hooli", "S-1").await.unwrap();
    assert_eq!(row.text("name"), Some("ボルト"));
    let forced = dir.import("encoding = \"utf-8\"");
    let run = program.json(&["import", &dir.at("in.csv"), &forced]).await;
    assert_eq!(text(run.events("item")[0], "message"), "field 4 is not UTF-8", "{}", run.stdout);
}

#[tokio::test]
async fn other_delimiters_are_named_and_taken_where_the_plan_says_so() {
    let stack = Stack::new().await;
    let (program, dir) = (Program::new(&stack), Dir::new());
    let plan = dir.import("");
    for (sign, word, written) in [(";", "semicolons", ";"), ("\t", "tabs", "\\t")] {
        let row = ["PRODUCT#x", &format!("D-{word}"), "c", "n", "{}", "hooli"].join(sign);
        let bare = format!("{}\n{row}\n", HEADER.replace(',', sign));
        for content in [format!("sep={sign}\n{bare}"), bare.clone()] {
            let refused = program.json(&["import", &dir.file("in.csv", content.as_bytes()), &plan]).await;
            let e = error(&refused);
            assert_eq!((refused.code, text(e, "key")), (1, "import.delimiter"), "{}", refused.stdout);
            assert!(text(e, "message").contains(word), "{e}");
            assert_eq!(text(e, "hint"), format!("write delimiter = \"{written}\" under [import]"));
        }
        let named = dir.import(&format!("delimiter = \"{written}\""));
        let file = dir.file("in.csv", format!("sep={sign}\n{bare}{}", row.replace("{}", "{oops")).as_bytes());
        let run = import(&program, &file, &named).await;
        assert_eq!((run.code, run.end()["outcomes"]["done"].as_u64()), (3, Some(1)), "{}", run.stdout);
        let rejects = dir.read("rejects.csv");
        assert!(rejects.starts_with(&format!("sep={sign}\n{}{sign}line{sign}reason\n", HEADER.replace(',', sign))));
        assert!(rejects.contains(&format!("{{oops{sign}hooli{sign}4{sign}")), "{rejects:?}");
    }
}

#[tokio::test]
async fn headers_and_keys_that_are_not_quite_right_are_said() {
    let stack = Stack::golden().await;
    let (program, dir) = (Program::new(&stack), Dir::new());
    let plan = dir.import("[target]\nexisting = \"overwrite\"");
    let content = "Source PK,sourceSK,Code,name,attributes,targetTenantCode,nmae\nPRODUCT#x,Ｐ-0009,c,n,{},acme,\nPRODUCT#x,P-0009 ,c,n,{},acme,\nPRODUCT#x,=\"001\",c,n,{},hooli,\n";
    let preview = program.json(&["import", &dir.file("in.csv", content.as_bytes()), &plan]).await;
    assert_eq!(preview.code, 4, "{}", preview.stdout);
    for said in ["\"Source PK\" is taken as sourcePk", "\"nmae\" is ignored: is it meant to be name?"] {
        assert!(preview.stderr.contains(said), "{said}: {}", preview.stderr);
    }
    let warnings: Vec<String> = preview.events("item").iter().map(|i| i["warnings"].to_string()).collect();
    assert!(warnings[0].contains("\\\"P-0009\\\" is there already"), "{warnings:?}");
    assert!(warnings[1].contains("there already") || warnings[1].contains("an earlier row"), "{warnings:?}");
    assert!(warnings[2].contains("a formula"), "{warnings:?}");
    let missing = dir.file("in.csv", b"sourcePkey,sourceSk,attributes,targetTenantCode\nP#x,1,{},a\n");
    let refused = program.json(&["import", &missing, &plan]).await;
    assert!(text(error(&refused), "message").contains("is \"sourcePkey\" meant to be it?"), "{}", refused.stdout);
}

#[tokio::test]
async fn keys_that_are_too_long_are_their_own_rows_fault() {
    let stack = Stack::new().await;
    let (program, dir) = (Program::new(&stack), Dir::new());
    let plan = dir.import("");
    let row = |pk: &str, sk: &str| format!("{pk},{sk},c,n,{{}},hooli\n");
    let long = |n: usize| "k".repeat(n);
    let content = [
        format!("{HEADER}\n"),
        row("PRODUCT#x", &long(1_022)),
        row("PRODUCT#x", &long(1_023)),
        row(&format!("PRODUCT#x#{}", long(2_040)), "A-1"),
        "PRODUCT#x,\"A\n@2\",c,n,{},hooli\n".to_owned(),
        row("PRODUCT#x", "A-3"),
    ];
    let run = import(&program, &dir.file("in.csv", content.concat().as_bytes()), &plan).await;
    let invalid: Vec<(u64, &str)> = run
        .events("item")
        .iter()
        .filter(|i| i["action"] == "invalid")
        .map(|i| (i["line"].as_u64().unwrap(), i["reason"].as_str().unwrap()))
        .collect();
    assert_eq!(invalid, [(3, "key_invalid"), (4, "key_invalid"), (5, "at_sign")], "{}", run.stdout);
    assert_eq!((run.code, run.end()["outcomes"]["done"].as_u64()), (3, Some(2)), "{}\n{}", run.stdout, run.stderr);
    let rejects = dir.read("rejects.csv");
    // A header, two rows of one line, and one of two lines because its key has two: why never adds one.
    assert_eq!(rejects.lines().count(), 1 + 2 + 2, "{rejects:?}");
}

#[tokio::test]
async fn rejects_replace_nothing_but_an_earlier_file_of_rejects() {
    let stack = Stack::new().await;
    let (program, dir) = (Program::new(&stack), Dir::new());
    let file = dir.file("in.csv", format!("{HEADER}\nPRODUCT#x,A-1,c,n,{{oops,hooli\n").as_bytes());
    let plan = dir.import("");
    dir.file("other.csv", format!("{HEADER}\nprecious\n").as_bytes());
    symlink(dir.at("other.csv"), dir.at("link.csv")).unwrap();
    for target in ["plan.toml", "other.csv", "link.csv"] {
        let content = std::fs::read_to_string(&plan).unwrap().replace("rejects.csv", target);
        let named = dir.file("named.toml", content.as_bytes());
        let before = dir.read(target);
        let refused = program.json(&["import", &file, &named]).await;
        let e = error(&refused);
        assert_eq!((refused.code, text(e, "key")), (1, "import.rejects"), "{target}: {}", refused.stdout);
        assert!(text(e, "message").contains("it is not replaced"), "{e}");
        assert_eq!(dir.read(target), before, "{target}");
        let refused = program.json(&["import", &file, &named, "--arm", "--approve", "all"]).await;
        assert!(refused.code == 1 && dir.read(target) == before, "{target}: {}", refused.stdout);
    }
    // A file of rejects is replaced, unless it is the one that is read, by whatever name.
    for _ in 0..2 {
        assert_eq!(program.json(&["import", &file, &plan]).await.code, 4);
        assert!(dir.read("rejects.csv").contains("{oops,hooli,2,"));
    }
    std::fs::hard_link(dir.at("rejects.csv"), dir.at("same.csv")).unwrap();
    let same = program.json(&["import", &dir.at("same.csv"), &plan]).await;
    assert!(same.code == 2 && same.stdout.contains("is the file that is read"), "{}", same.stdout);
}

#[tokio::test]
async fn a_csv_comes_through_a_pipe_and_what_never_ends_is_refused() {
    let stack = Stack::new().await;
    let (program, dir) = (Program::new(&stack), Dir::new());
    let plan = dir.import("");
    let row = |sk: &str| format!("PRODUCT#x,{sk},c,n,{{}},hooli\n");
    // Standard input.
    let mut command = program.command(&["import", "-", &plan, "--arm", "--approve", "all", "--json"]);
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(format!("{HEADER}\n{}{}", row("I-1"), row("I-2").replace("{}", "{")).as_bytes()).await.unwrap();
    drop(input);
    let output = child.wait_with_output().await.unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(stack.get(PRODUCTS, "PRODUCT#hooli", "I-1").await.is_some() && dir.read("rejects.csv").contains("I-2"));
    // A named pipe.
    let fifo = dir.at("fifo");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let content = format!("{HEADER}\n{}", row("F-1"));
    let writer = tokio::task::spawn_blocking({
        let fifo = fifo.clone();
        move || std::fs::write(fifo, content).unwrap()
    });
    let run = import(&program, &fifo, &plan).await;
    writer.await.unwrap();
    assert_eq!((run.code, run.end()["outcomes"]["done"].as_u64()), (0, Some(1)), "{}\n{}", run.stdout, run.stderr);
    let previews = || {
        let names = std::fs::read_dir(stack.state.path()).unwrap().map(|e| e.unwrap().file_name());
        names.filter(|name| name.to_string_lossy().starts_with("preview-")).count()
    };
    assert_eq!(program.json(&["import", "-", &plan]).await.code, 1, "nothing is no CSV file");
    assert_eq!(previews(), 0);
    // Nobody writes: it says so, and an interrupt ends it.
    let mut command = program.command(&["import", &fifo, &plan]);
    let child = command.spawn().unwrap();
    tokio::time::sleep(Duration::from_secs(6)).await;
    let pid = child.id().unwrap().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let output = child.wait_with_output().await.unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(130) && stderr.contains("nothing comes through the pipe"), "{stderr}");
    // What is interrupted may leave its directory for the next day's preview.
    let interrupted = previews();
    for (path, what) in [("/dev/zero", "a device"), ("/dev/urandom", "a device"), (dir.at("").as_str(), "a directory")]
    {
        let refused = program.json(&["import", path, &plan]).await;
        assert!(refused.code == 1 && text(error(&refused), "message").contains(what), "{}", refused.stdout);
    }
    // What never ends and is no CSV file ends at its header, or at the longest record.
    for endless in
        ["yes", "cat /dev/zero", "(echo 'sourcePk,sourceSk,attributes,targetTenantCode'; tr '\\0' x < /dev/zero)"]
    {
        let mut shell = std::process::Command::new("sh").args(["-c", endless]).stdout(Stdio::piped()).spawn().unwrap();
        let mut command = program.command(&["import", "-", &plan, "--json"]);
        command.stdin(Stdio::from(shell.stdout.take().unwrap()));
        let refused = json_lines(command).await;
        shell.kill().unwrap();
        shell.wait().unwrap();
        assert_eq!(refused.code, 1, "{endless}: {}", refused.stdout);
    }
    assert_eq!(previews(), interrupted, "copies go with their previews");
}

/// The most memory that a process had, in megabytes.
fn peak(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?.trim().strip_suffix("kB")?.trim().to_owned();
    line.parse::<u64>().ok().map(|kb| kb / 1_024)
}

#[tokio::test]
async fn a_quote_too_many_takes_no_more_memory_than_the_longest_record() {
    const MEGABYTES: usize = 160;
    let stack = Stack::new().await;
    let (program, dir) = (Program::new(&stack), Dir::new());
    let plan = dir.import("");
    let row = format!("PRODUCT#x,A-1,c,{},{{}},hooli\n", "n".repeat(980));
    let rows = row.repeat((MEGABYTES << 20) / row.len());
    let file = dir.file("in.csv", format!("{HEADER}\nPRODUCT#x,A-0,c,\"n,{{}},hooli\n{rows}").as_bytes());
    let mut command = program.command(&["import", &file, &plan, "--json"]);
    let began = Instant::now();
    let child = command.spawn().unwrap();
    let pid = child.id().unwrap();
    let watch = tokio::spawn(async move {
        let mut most = 0;
        while let Some(now) = peak(pid) {
            most = most.max(now);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        most
    });
    let output = child.wait_with_output().await.unwrap();
    let most = watch.await.unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.code() == Some(1) && stdout.contains("longer than any row could be"), "{stdout}");
    assert!(stdout.contains("a quote opens in line 2"), "{stdout}");
    assert!((1..110).contains(&most), "{most} MB in {:?}", began.elapsed());
}
