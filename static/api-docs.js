// The page that shows the API: Swagger UI over our own document.
const place = document.getElementById("api-docs");
SwaggerUIBundle({
  url: place.dataset.document,
  domNode: place,
  deepLinking: true,
  defaultModelsExpandDepth: -1,
  supportedSubmitMethods: ["get", "post", "delete"],
});
