"""The paths of the catalogue and of shopping sessions below `/api/`."""

from django.urls import path

from shopping.bag_views import Bag
from shopping.stock_views import Stock
from shopping.views import Products, Sessions

urlpatterns = [
    path("bag", Bag.as_view({"get": "retrieve", "post": "put", "delete": "empty"})),
    path("bag/<int:pk>", Bag.as_view({"patch": "revise", "delete": "take_out"})),
    path("products/stock", Stock.as_view()),
    path("sessions/create", Sessions.as_view({"post": "create"})),
    path("sessions/sess_<str:key>", Sessions.as_view({"get": "retrieve"})),
    path("products", Products.as_view({"get": "list", "post": "create"})),
    path("products/categories", Products.as_view({"get": "categories"})),
    path("products/category/<path:category>", Products.as_view({"get": "in_category"})),
    path("products/in-stock", Products.as_view({"get": "in_stock"})),
    path("products/<uuid:pk>", Products.as_view({"get": "retrieve", "put": "update", "delete": "destroy"})),
]
