//! Goods that the shops sell.

use super::value::{cents, digits, m, map, n, s, words};
use super::world::World;
use crate::domain::value::{Map, Value};

/// A product of a shop as its first version describes it.
#[derive(Debug, Clone)]
pub(super) struct Good {
    /// Its code and sort key, as its shop numbers products.
    pub(super) code: String,
    pub(super) name: String,
    pub(super) attributes: Map,
}

const FASTENERS: [(&str, &str); 12] = [
    ("六角ボルト", "hex-bolt"),
    ("六角穴付ボルト", "socket-bolt"),
    ("皿ねじ", "countersunk"),
    ("なべ小ねじ", "pan-head"),
    ("トラス小ねじ", "truss-head"),
    ("平座金", "washer"),
    ("ばね座金", "spring-washer"),
    ("六角ナット", "hex-nut"),
    ("蝶ナット", "wing-nut"),
    ("全ねじ", "threaded-rod"),
    ("アンカーボルト", "anchor"),
    ("ドリルねじ", "self-drilling"),
];
const DIAMETERS: [usize; 10] = [3, 4, 5, 6, 8, 10, 12, 16, 20, 24];
const METALS: [(&str, &str); 5] = [
    ("ステンレス SUS304", "SUS304"),
    ("鉄 三価クロメート", "steel-cr3"),
    ("鉄 ユニクロ", "steel-zn"),
    ("真鍮", "brass"),
    ("チタン", "Ti-6Al-4V"),
];

const DEVICES: [(&str, &str, usize); 18] = [
    ("USB-C Charger 65 W GaN", "power", 3999),
    ("USB-C Charger 100 W GaN", "power", 5999),
    ("USB-C Cable 240 W, braided", "cable", 1499),
    ("Ladekabel USB-C auf USB-C", "cable", 999),
    ("Câble HDMI 2.1 Ultra High Speed", "cable", 1890),
    ("7-Port USB Hub", "hub", 4450),
    ("Thunderbolt 4 Dock", "hub", 22900),
    ("Wireless Headset, noise-cancelling", "audio", 15900),
    ("Conference Speakerphone", "audio", 12900),
    ("Webcam 4K", "video", 9900),
    ("Monitor Arm, gas spring", "mount", 8490),
    ("Mechanical Keyboard, tenkeyless", "input", 11900),
    ("Vertical Mouse", "input", 4990),
    ("NVMe SSD 2 TB", "storage", 16900),
    ("External SSD 1 TB, IP65", "storage", 10900),
    ("Wi-Fi 7 Access Point", "network", 24900),
    ("PoE+ Switch, 8 ports", "network", 13900),
    ("Laptop Sleeve 14\"", "bag", 2990),
];
const FINISHES: [&str; 8] = ["black", "white", "graphite", "arctic blue", "EU plug", "UK plug", "US plug", "JP plug"];
const LENGTHS: [&str; 4] = ["0.5 m", "1 m", "2 m", "3 m"];
const EDITIONS: [&str; 4] = ["", ", twin pack", ", refurbished", ", education edition"];

const OFFICE: [(&str, &str, usize); 16] = [
    ("コピー用紙 A4", "PAPER", 398),
    ("コピー用紙 A3", "PAPER", 798),
    ("再生紙ノート B5", "PAPER", 180),
    ("ゲルインクボールペン 0.5", "PEN", 150),
    ("油性マーカー", "PEN", 120),
    ("シャープペンシル 0.5", "PEN", 350),
    ("ホッチキス No.10", "DESK", 480),
    ("2穴パンチ", "DESK", 620),
    ("クリアファイル A4", "FILE", 35),
    ("リングファイル A4", "FILE", 420),
    ("個別フォルダー", "FILE", 60),
    ("付箋 75×75", "NOTE", 240),
    ("マスキングテープ", "TAPE", 160),
    ("養生テープ 50mm", "TAPE", 380),
    ("ラベルシール 24面", "LABEL", 690),
    ("デスクトレー", "DESK", 980),
];
const PACKS: [&str; 12] = [
    "単品",
    "2点セット",
    "3点セット",
    "5点セット",
    "10点セット",
    "20点セット",
    "業務用 50点",
    "業務用 100点",
    "名入れ 50点",
    "名入れ 100点",
    "グリーン購入法適合",
    "エコパック",
];

const TEAS: [(&str, &str, usize); 16] = [
    ("煎茶 川根", "煎茶", 1080),
    ("煎茶 八女", "煎茶", 1296),
    ("深蒸し煎茶 掛川", "煎茶", 972),
    ("玉露 宇治", "玉露", 3240),
    ("抹茶 初昔", "抹茶", 2160),
    ("ほうじ茶", "焙茶", 648),
    ("玄米茶", "焙茶", 540),
    ("和紅茶 べにふうき", "紅茶", 1188),
    ("桜餅", "和菓子", 260),
    ("柏餅", "和菓子", 240),
    ("どら焼き", "和菓子", 220),
    ("栗羊羹", "和菓子", 1620),
    ("水羊羹", "和菓子", 324),
    ("最中 詰め合わせ", "和菓子", 1944),
    ("金平糖", "和菓子", 486),
    ("きんつば", "和菓子", 280),
];
const TEA_SIZES: [&str; 16] = [
    "30g",
    "50g",
    "80g",
    "100g",
    "150g",
    "200g",
    "300g",
    "500g",
    "1kg",
    "缶入 80g",
    "缶入 100g",
    "缶入 150g",
    "桐箱入 100g",
    "ティーバッグ 10包",
    "ティーバッグ 15包",
    "ティーバッグ 30包",
];
const SWEET_SIZES: [&str; 16] = [
    "1個",
    "2個入",
    "3個入",
    "4個入",
    "5個入",
    "6個入",
    "8個入",
    "10個入",
    "12個入",
    "15個入",
    "18個入",
    "20個入",
    "24個入",
    "30個入",
    "化粧箱 10個入",
    "化粧箱 20個入",
];

const GEAR: [(&str, &str, usize); 14] = [
    ("ダウンシュラフ 600FP", "sleep", 32800),
    ("化繊シュラフ 3シーズン", "sleep", 12800),
    ("ソロテント 2.1kg", "tent", 45800),
    ("ファミリーテント 5人用", "tent", 89800),
    ("タープ 4×4m", "tent", 18800),
    ("チタンクッカー", "cook", 7480),
    ("シングルバーナー", "cook", 9680),
    ("焚火台", "cook", 14800),
    ("LEDランタン", "light", 6980),
    ("ヘッドランプ 500lm", "light", 5480),
    ("バックパック", "pack", 27800),
    ("レインジャケット", "wear", 34800),
    ("メリノウール ベースレイヤー", "wear", 11800),
    ("トレッキングポール", "walk", 15800),
];
const MODELS: [&str; 14] = [
    "オリーブ",
    "サンド",
    "ネイビー",
    "レッド",
    "ブラック",
    "グレー",
    "2025モデル オリーブ",
    "2025モデル サンド",
    "2026モデル オリーブ",
    "2026モデル サンド",
    "2026モデル ネイビー",
    "限定色 ターコイズ",
    "アウトレット",
    "コラボモデル",
];

const SEAFOOD: [(&str, &str, usize); 16] = [
    ("いくら醤油漬け", "魚卵", 3980),
    ("たらこ 切れ子", "魚卵", 1580),
    ("帆立貝柱 刺身用", "貝", 3280),
    ("毛がに 浜茹で", "蟹", 5980),
    ("ずわいがに 脚", "蟹", 6480),
    ("塩水うに 蝦夷ばふん", "うに", 7800),
    ("紅鮭 切身", "魚", 1280),
    ("真ほっけ 開き", "魚", 880),
    ("身欠きにしん", "魚", 980),
    ("松前漬け", "珍味", 1180),
    ("いか塩辛", "珍味", 780),
    ("利尻昆布", "昆布", 1980),
    ("日高昆布", "昆布", 1480),
    ("石狩鍋セット", "鍋", 4280),
    ("三平汁セット", "鍋", 3480),
    ("コーンスープ 十勝", "惣菜", 648),
];
const PORTIONS: [&str; 13] = [
    "150g",
    "200g",
    "250g",
    "300g",
    "500g",
    "800g",
    "1kg",
    "2kg",
    "化粧箱 500g",
    "化粧箱 1kg",
    "お徳用 1.5kg",
    "業務用 3kg",
    "業務用 5kg",
];

/// The `i`-th product of a tenant, in any spelling: always with the same code and name.
pub(super) fn good(world: &mut World, tenant: &str, i: usize) -> Good {
    match tenant.to_lowercase().as_str() {
        "acme" => fastener(world, i),
        "globex" => device(world, i),
        "initech" => office(world, i),
        "sakura-shoten" => tea(world, i),
        "kita_foods" => seafood(world, i),
        _ => gear(world, i),
    }
}

fn fastener(world: &mut World, i: usize) -> Good {
    let (kind, slug) = FASTENERS[i % FASTENERS.len()];
    let diameter = DIAMETERS[i / FASTENERS.len() % DIAMETERS.len()];
    let (metal, grade) = METALS[i / (FASTENERS.len() * DIAMETERS.len()) % METALS.len()];
    let mut attributes = map([
        ("price", n(8 + diameter * diameter / 3 + world.below(40))),
        ("unit", s("pc")),
        ("material", s(grade)),
        ("tags", words(&["hardware", "metric", slug])),
        ("stock", m([("tokyo", n(world.below(9000))), ("osaka", n(world.below(4000)))])),
        ("packs", Value::L([10, 100, 1000].map(n).to_vec())),
        ("rohs", Value::Bool(grade != "brass")),
    ]);
    let mut dims = map([("d", n(diameter)), ("pitch", digits(if diameter < 8 { "0.8" } else { "1.25" }))]);
    let mut size = format!("M{diameter}");
    if !slug.ends_with("washer") && !slug.ends_with("nut") {
        // A name is of its number alone, because order lines repeat it.
        let length = diameter * (2 + i * 5 % 7);
        dims.insert("l".to_owned(), n(length));
        size.push_str(&format!("×{length}"));
    }
    attributes.insert("dims".to_owned(), Value::M(dims));
    Good { code: format!("P-{:04}", i + 16), name: format!("{kind} {size} {metal}"), attributes }
}

fn device(world: &mut World, i: usize) -> Good {
    let (kind, category, price) = DEVICES[i % DEVICES.len()];
    let finish = FINISHES[i / DEVICES.len() % FINISHES.len()];
    let more = i / (DEVICES.len() * FINISHES.len()) % LENGTHS.len();
    let name = if category == "cable" {
        format!("{kind}, {}, {finish}", LENGTHS[more])
    } else {
        format!("{kind}, {finish}{}", EDITIONS[more])
    };
    let gross = price + 100 * world.below(12);
    let attributes = map([
        (
            "prices",
            m([
                ("EUR", cents(gross)),
                ("GBP", cents(gross * 86 / 100)),
                ("USD", cents(gross * 109 / 100)),
                ("JPY", n(gross * 17 / 10)),
            ]),
        ),
        ("category", s(category)),
        ("warrantyMonths", n(12 * (1 + i % 3))),
        ("weight", m([("net", n(40 + world.below(1800))), ("unit", s("g"))])),
        ("ean", s(format!("40{:011}", 10_000_000_000usize + i * 7919))),
        ("markets", words(&["EU", "UK", "US", "JP"][..1 + i % 4])),
        ("hs", s("8504.40")),
    ]);
    Good { code: format!("GX-{}", 10_200 + i), name, attributes }
}

/// Office supplies, most of them still under the names of the first schema.
fn office(world: &mut World, i: usize) -> Good {
    let (kind, category, price) = OFFICE[i % OFFICE.len()];
    let name = format!("{kind} {}", PACKS[i / OFFICE.len() % PACKS.len()]);
    let price = price + 10 * world.below(20);
    let attributes = if i % 6 == 5 {
        map([("version", s("v2")), ("name", s(&name)), ("price", n(price)), ("category", s(category))])
    } else {
        let mut old = map([("productName", s(&name)), ("unitPrice", n(price))]);
        if i % 11 != 3 {
            old.insert("categoryCode".to_owned(), s(category));
        }
        if i.is_multiple_of(7) {
            old.insert("unitPrice".to_owned(), s(price.to_string()));
        }
        old
    };
    Good { code: format!("Q-{}", i + 1), name, attributes }
}

fn tea(world: &mut World, i: usize) -> Good {
    let (kind, category, price) = TEAS[i % TEAS.len()];
    let sizes = if category == "和菓子" { &SWEET_SIZES } else { &TEA_SIZES };
    let step = i / TEAS.len() % sizes.len();
    let size = sizes[step];
    let contents: &[&str] = match category {
        "和菓子" => &["小豆", "砂糖", "米粉", "寒天"],
        "焙茶" => &["茶(国産)", "玄米", "抹茶"],
        _ => &["茶(国産)"],
    };
    let attributes = map([
        ("価格", n(price * (2 + step) / 2 + 108 * world.below(8))),
        ("税率", digits("0.08")),
        ("分類", s(category)),
        ("内容量", s(size)),
        ("賞味期限日数", n(30 + 30 * world.below(8))),
        ("原材料", words(&contents[..1 + i % contents.len()])),
        (
            "ギフト",
            m([
                ("のし", Value::Bool(i.is_multiple_of(2))),
                ("包装", s(if i.is_multiple_of(3) { "風呂敷" } else { "和紙" })),
            ]),
        ),
        ("アレルゲン", if i.is_multiple_of(5) { words(&["卵", "小麦"]) } else { Value::L(Vec::new()) }),
    ]);
    Good { code: format!("{category}-{:03}", i + 1), name: format!("{kind} {size}"), attributes }
}

fn gear(world: &mut World, i: usize) -> Good {
    let (kind, category, price) = GEAR[i % GEAR.len()];
    let model = MODELS[i / GEAR.len() % MODELS.len()];
    let attributes = map([
        ("price", n(price + 500 * world.below(6))),
        ("category", s(category)),
        ("weightGrams", n(80 + world.below(4200))),
        ("sizes", words(&["S", "M", "L", "XL"][..1 + i % 4])),
        ("care", m([("wash", s(if i.is_multiple_of(2) { "手洗い" } else { "洗濯機可" })), ("dry", s("陰干し"))])),
        (
            "reviews",
            m([("count", n(world.below(240))), ("average", digits(&format!("{}.{}", 3 + i % 2, world.below(10))))]),
        ),
    ]);
    Good { code: format!("G-{:03}", i + 1), name: format!("{kind} {model}"), attributes }
}

fn seafood(world: &mut World, i: usize) -> Good {
    let (kind, category, price) = SEAFOOD[i % SEAFOOD.len()];
    let step = i / SEAFOOD.len() % PORTIONS.len();
    let portion = PORTIONS[step];
    let attributes = map([
        ("price", n(price * (2 + step) / 2 + 100 * world.below(15))),
        ("category", s(category)),
        (
            "storage",
            m([
                ("type", s(if i.is_multiple_of(3) { "冷蔵" } else { "冷凍" })),
                ("celsius", digits(if i.is_multiple_of(3) { "2" } else { "-18" })),
            ]),
        ),
        ("origin", s(*world.pick(&["北海道 函館", "北海道 釧路", "北海道 稚内", "北海道 根室", "青森県 八戸"]))),
        ("season", m([("from", n(1 + i % 12)), ("to", n(1 + (i + 3) % 12))])),
        (
            "nutrition",
            m([
                ("kcal", n(60 + world.below(300))),
                ("protein", digits(&format!("{}.{}", 4 + world.below(22), world.below(10)))),
            ]),
        ),
    ]);
    Good { code: format!("KF{:04}", 100 + i), name: format!("{kind} {portion}"), attributes }
}
