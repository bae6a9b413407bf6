//! What `--data` keeps, and the errors at the start.

use std::net::TcpListener;
use std::path::Path;

use aws_sdk_s3::primitives::ByteStream;
use tenantry::sandbox::{BUCKET, Options, Sandbox, SandboxError, User};

use super::clients::{self, create_table, get, row, s};

fn at(dir: &Path) -> Options {
    Options { data: Some(dir.to_owned()), ..Options::default() }
}

#[tokio::test]
async fn a_directory_survives_a_restart() {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("new");
    let sandbox = Sandbox::start(at(&dir)).unwrap();
    let pool = sandbox.user_pool_id().to_owned();
    let client = clients::dynamodb(&sandbox);
    create_table(&client, "dev-shop-order-data").await;
    let order = row([("pk", s("ORDER#acme")), ("sk", s("O-1"))]);
    client.put_item().table_name("dev-shop-order-data").set_item(Some(order.clone())).send().await.unwrap();
    let put = clients::s3(&sandbox).put_object().bucket(BUCKET).key("a/b#c").body(ByteStream::from_static(b"x"));
    put.send().await.unwrap();
    clients::cognito(&sandbox).admin_create_user().user_pool_id(&pool).username("sato").send().await.unwrap();
    let user = User { name: "kato".into(), sub: "1".into(), attributes: vec![("custom:tenant".into(), "acme".into())] };
    sandbox.users().add([user]).unwrap();
    sandbox.stop().unwrap();

    let sandbox = Sandbox::start(at(&dir)).unwrap();
    let client = clients::dynamodb(&sandbox);
    assert_eq!(get(&client, "dev-shop-order-data", "ORDER#acme", "O-1").await, Some(order));
    let got = clients::s3(&sandbox).get_object().bucket(BUCKET).key("a/b#c").send().await.unwrap();
    assert_eq!(got.body.collect().await.unwrap().to_vec(), b"x");
    assert_eq!(sandbox.user_pool_id(), pool);
    let listed = clients::cognito(&sandbox).list_users().user_pool_id(&pool).send().await.unwrap();
    assert_eq!(listed.users().iter().filter_map(|user| user.username()).collect::<Vec<_>>(), ["kato", "sato"]);
}

#[tokio::test]
async fn a_change_of_a_user_is_on_disk_once_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::start(at(dir.path())).unwrap();
    let client = clients::cognito(&sandbox);
    client.admin_create_user().user_pool_id(sandbox.user_pool_id()).username("sato").send().await.unwrap();
    // The sandbox still runs: what a kill would leave is what the file holds now.
    let kept = std::fs::read_to_string(dir.path().join("cognito.json")).unwrap();
    assert!(kept.contains("\"sato\""), "{kept}");
}

#[test]
fn a_directory_has_one_sandbox_at_a_time() {
    let dir = tempfile::tempdir().unwrap();
    let first = Sandbox::start(at(dir.path())).unwrap();
    let error = Sandbox::start(at(dir.path())).unwrap_err();
    assert!(matches!(&error, SandboxError::Locked { dir: locked } if locked == dir.path()), "{error}");
    drop(first);
    Sandbox::start(at(dir.path())).unwrap();
}

#[test]
fn a_damaged_directory_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("cognito.json"), "{broken").unwrap();
    let error = Sandbox::start(at(dir.path())).unwrap_err();
    assert!(matches!(&error, SandboxError::Damaged { .. }), "{error}");
    assert_eq!(std::fs::read_to_string(dir.path().join("cognito.json")).unwrap(), "{broken");

    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("dynamodb.sqlite"), "no database, but long enough to be read as one").unwrap();
    let error = Sandbox::start(at(dir.path())).unwrap_err();
    assert!(error.to_string().contains("dynamodb.sqlite is damaged"), "{error}");
}

#[test]
fn a_taken_port_is_an_error_that_names_it() {
    // Three neighbours are asked for; the last of them is taken.
    let (taken, first) = std::iter::repeat_with(|| TcpListener::bind("127.0.0.1:0").unwrap())
        .map(|listener| (listener.local_addr().unwrap().port(), listener))
        .find(|(port, _)| {
            *port > 2 && [1, 2].iter().all(|below| TcpListener::bind(("127.0.0.1", port - below)).is_ok())
        })
        .map(|(port, listener)| (listener, port - 2))
        .unwrap();
    let error = Sandbox::start(Options { port: Some(first), ..Options::default() }).unwrap_err();
    assert!(error.to_string().starts_with(&format!("port {} for Cognito is taken", first + 2)), "{error}");

    drop(taken);
    let sandbox = Sandbox::start(Options { port: Some(first), ..Options::default() }).unwrap();
    let endpoints = sandbox.endpoints();
    assert_eq!(endpoints.dynamodb, format!("http://127.0.0.1:{first}"));
    assert_eq!(endpoints.s3, format!("http://127.0.0.1:{}", first + 1));
    assert_eq!(endpoints.cognito, format!("http://127.0.0.1:{}", first + 2));
}
