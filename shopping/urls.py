"""The paths of the catalogue below `/api/`."""

from django.urls import path

from shopping.views import Products

urlpatterns = [
    path("products", Products.as_view({"get": "list", "post": "create"})),
    path("products/categories", Products.as_view({"get": "categories"})),
    path("products/category/<path:category>", Products.as_view({"get": "in_category"})),
    path("products/in-stock", Products.as_view({"get": "in_stock"})),
    path("products/<uuid:pk>", Products.as_view({"get": "retrieve", "put": "update", "delete": "destroy"})),
]
