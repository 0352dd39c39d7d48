"""The paths of accounts below `/api/`; `/api/users/live` belongs to the shows."""

from django.urls import path

from accounts import account_views, views

auth_urls = [
    path("auth/register", views.Register.as_view()),
    path("auth/login", views.Login.as_view()),
    path("auth/currentUser", views.CurrentUser.as_view()),
    path("auth/me", views.CurrentUser.as_view()),
    path("auth/refresh-token", views.RefreshToken.as_view()),
    path("auth/logout", views.Logout.as_view()),
    path("auth/update", views.UpdateProfile.as_view()),
    path("auth/password-reset", account_views.PasswordReset.as_view()),
    path("auth/password-reset/confirm", account_views.NewPassword.as_view()),
    path("auth/verification", account_views.Verification.as_view()),
    path("auth/verification/confirm", account_views.Verified.as_view()),
    path("auth/ticket", views.IssueTicket.as_view()),
]

user_urls = [
    path("users", views.Users.as_view({"get": "list", "post": "create"})),
    path("users/<int:pk>", views.Users.as_view({"get": "retrieve", "put": "update", "delete": "destroy"})),
]

urlpatterns = [*auth_urls, *user_urls, path("guest", views.Guest.as_view())]
