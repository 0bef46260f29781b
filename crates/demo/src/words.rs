//! What a made-up shop sells, and what made-up people are called.

pub const QUALITIES: &[&str] = &[
    "Oak",
    "Walnut",
    "Linen",
    "Wool",
    "Cotton",
    "Enamel",
    "Copper",
    "Brass",
    "Glass",
    "Stoneware",
    "Bamboo",
    "Cork",
    "Leather",
    "Felt",
    "Steel",
    "Marble",
    "Birch",
    "Ash",
    "Terracotta",
    "Recycled",
];

/// Name, price in minor units at the least and at the most, weight in grams.
pub const PRODUCTS: &[(&str, i64, i64, i64)] = &[
    ("Mug", 900, 2_400, 340),
    ("Teapot", 2_900, 7_900, 900),
    ("Bowl", 1_200, 3_500, 420),
    ("Dinner Plate", 1_100, 2_900, 560),
    ("Carafe", 1_900, 4_900, 780),
    ("Cutting Board", 2_200, 6_900, 1_300),
    ("Table Lamp", 4_900, 18_900, 2_100),
    ("Throw", 3_900, 12_900, 850),
    ("Cushion", 1_900, 5_900, 600),
    ("Notebook", 700, 1_900, 280),
    ("Candle Holder", 800, 3_200, 400),
    ("Storage Basket", 1_700, 5_400, 950),
    ("Wall Clock", 3_400, 9_900, 1_100),
    ("Serving Tray", 2_100, 5_900, 1_000),
    ("Coat Hook", 500, 1_800, 190),
];

pub const GIVEN_NAMES: &[&str] = &[
    "Ada", "Aisha", "Anton", "Beatriz", "Boris", "Carmen", "Chidi", "Clara", "Dmitri", "Elif", "Emeka", "Farah",
    "Felix", "Greta", "Hana", "Ingrid", "Ivo", "Jonas", "Kenji", "Lara", "Leila", "Linnea", "Luca", "Maeve", "Marta",
    "Mateo", "Mina", "Niamh", "Noor", "Olek", "Paula", "Rafael", "Rosa", "Sami", "Sofia", "Tomas", "Ulla", "Vera",
    "Yusuf", "Zofia",
];

pub const FAMILY_NAMES: &[&str] = &[
    "Adeyemi",
    "Almeida",
    "Andersson",
    "Bauer",
    "Byrne",
    "Castillo",
    "Costa",
    "Dubois",
    "Eriksen",
    "Farkas",
    "Ferrari",
    "Garcia",
    "Haddad",
    "Hansen",
    "Horvat",
    "Ivanova",
    "Jansen",
    "Kaya",
    "Keller",
    "Kowalski",
    "Laine",
    "Lefevre",
    "Lindqvist",
    "Murphy",
    "Nagy",
    "Novak",
    "Okafor",
    "Osei",
    "Papadaki",
    "Petrov",
    "Quinn",
    "Rossi",
    "Sato",
    "Silva",
    "Tanaka",
    "Toth",
    "Vega",
    "Virtanen",
    "Weber",
    "Yilmaz",
];

pub const STREETS: &[&str] = &[
    "Main Street",
    "Mill Lane",
    "Harbor Road",
    "Station Street",
    "Garden Row",
    "Church Street",
    "Market Square",
    "Hill Road",
];

/// City, country, latitude and longitude in tenths of a degree.
pub const CITIES: &[(&str, &str, i64, i64)] = &[
    ("Dublin", "IE", 533, -63),
    ("Cork", "IE", 519, -85),
    ("Paris", "FR", 489, 24),
    ("Lyon", "FR", 458, 48),
    ("Berlin", "DE", 525, 134),
    ("Hamburg", "DE", 536, 100),
    ("Munich", "DE", 481, 116),
    ("Amsterdam", "NL", 524, 49),
    ("Brussels", "BE", 508, 44),
    ("Madrid", "ES", 404, -37),
    ("Valencia", "ES", 395, -4),
    ("Lisbon", "PT", 387, -91),
    ("Milan", "IT", 455, 92),
    ("Rome", "IT", 419, 125),
    ("Vienna", "AT", 482, 164),
    ("Copenhagen", "DK", 557, 126),
    ("Helsinki", "FI", 602, 249),
    ("Athens", "GR", 380, 237),
];

pub const INSTRUCTIONS: &[&str] =
    &["Leave with the neighbor", "Ring twice", "Behind the gate, please", "Call before delivery", "Wrap as a gift"];

pub const RETURN_REASONS: &[&str] =
    &["changed_mind", "too_small", "damaged_in_transit", "not_as_described", "arrived_late"];
