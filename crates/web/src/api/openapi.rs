//! The description of the API, made from the handlers.

use crate::problem::ProblemView;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, InfoBuilder, ObjectBuilder, OpenApi, OpenApiBuilder, Ref, RefOr,
    ResponseBuilder, Type,
};
use utoipa::{PartialSchema, ToSchema};

const ABOUT: &str = "Orders in, verified, paid, promised, picked, shipped, delivered.\n\n\
    Amounts are whole minor units of the order's currency; quantities are whole numbers of an item's base unit at its \
    precision; moments are RFC 3339 in UTC. Lists come in pages: send `next` as `after`. Every writing request takes an \
    `Idempotency-Key`: repeating it with the same body gives the same answer with `Idempotency-Replayed: true`. \
    Requests that change an order, a webhook endpoint or a user take `If-Match` with its `ETag`. \
    `Prefer: return=minimal` answers a change with its receipt instead of the whole thing, and does not wait for a \
    gateway. Problems are `application/problem+json`, each with a code that is explained under `/docs/errors/`.";

/// The OpenAPI 3.1 description.
pub fn openapi() -> OpenApi {
    let (_, api) = super::router().split_for_parts();
    finish(api)
}

/// The same as JSON text.
pub fn openapi_json() -> String {
    openapi().to_pretty_json().unwrap_or_default()
}

/// Adds what holds for every operation.
fn finish(mut api: OpenApi) -> OpenApi {
    for (path, item) in &mut api.paths.paths {
        let operations =
            [("get", &mut item.get), ("post", &mut item.post), ("put", &mut item.put), ("delete", &mut item.delete)];
        for (method, operation) in operations {
            if let Some(operation) = operation {
                operation.operation_id = Some(operation_id(method, path));
                describe(operation, method != "get", path);
            }
        }
    }
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer);
    let bearer = bearer.description(Some("An API key: `wbk_...`, made by `waybill key create` or under `/keys`. Browsers send the cookie of who signed in.")).build();
    let mut components = api.components.take().unwrap_or_default();
    components.add_security_scheme("api_key", SecurityScheme::Http(bearer));
    let mut schemas = vec![(ProblemView::name().into_owned(), ProblemView::schema())];
    ProblemView::schemas(&mut schemas);
    let mut builder = ComponentsBuilder::from(components);
    for (name, schema) in schemas {
        builder = builder.schema(name, schema);
    }
    OpenApiBuilder::from(api)
        .info(InfoBuilder::new().title("Waybill").version(env!("CARGO_PKG_VERSION")).description(Some(ABOUT)).build())
        .components(Some(builder.build()))
        .security(Some([SecurityRequirement::new("api_key", Vec::<String>::new())]))
        .build()
}

/// Unique, and readable in generated clients: `post_orders_id_cancel`.
fn operation_id(method: &str, path: &str) -> String {
    let words = path.trim_start_matches(super::PREFIX).split(|letter: char| !letter.is_ascii_alphanumeric());
    let words = words.filter(|word| !word.is_empty());
    std::iter::once(method).chain(words).collect::<Vec<_>>().join("_")
}

fn header_param(name: &str, about: &str) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .description(Some(about))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
        .build()
}

fn describe(operation: &mut Operation, writes: bool, path: &str) {
    if writes {
        let params = operation.parameters.get_or_insert_default();
        params.push(
            header_param("Idempotency-Key", "1 to 200 visible ASCII characters; makes a repeat harmless.").into(),
        );
        if ["orders/{id}/", "webhook-endpoints/{id}", "users/{id}"].iter().any(|one| path.contains(one)) {
            let about = "The `ETag` of the order, endpoint or user: the request is meant for this version of it, and refused for \
                another.";
            params.push(header_param("If-Match", about).into());
        }
        params.push(header_param("Prefer", "`return=minimal` for the receipt alone.").into());
    }
    let text = || ObjectBuilder::new().schema_type(Type::String);
    let problem = ContentBuilder::new().schema(Some(RefOr::Ref(Ref::from_schema_name(ProblemView::name()))));
    let response = ResponseBuilder::new()
        .description("A problem; `code` says which.")
        .content("application/problem+json", problem.build())
        .header("X-Request-Id", HeaderBuilder::new().schema(Some(text())).build());
    operation.responses.responses.insert("default".to_owned(), RefOr::T(response.build()));
}
