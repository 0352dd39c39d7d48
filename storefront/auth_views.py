"""Logging in and registering on pages: slowed down together with the API's own, and leading only to this site."""

import math
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import login, views
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.urls import reverse
from django.views.generic import FormView

from accounts import tasks
from accounts.hashers import Busy
from accounts.login_attempts import TooManyAttempts
from accounts.models import Role, User
from rest import addresses, throttling
from storefront import demo_accounts


def limited(scope: str, request: HttpRequest) -> None:
    """Counts together with the API's requests of this kind; raises TooManyAttempts."""
    if wait := throttling.take(scope, addresses.of_request(request), settings.REST_RATES[scope]):
        raise TooManyAttempts(wait)


class AuthView(views.RedirectURLMixin, FormView):  # type: ignore[type-arg]
    """A form that lets someone in and then on to `next`."""

    heading: str
    next_page = settings.LOGIN_REDIRECT_URL

    def get_redirect_url(self, request: HttpRequest | None = None) -> str:
        """Where `next` says, if it is a page of ours and not a log-in page again."""
        url = super().get_redirect_url()
        return "" if url.partition("?")[0] in (reverse("login"), reverse("register")) else url

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(heading=self.heading, next=self.get_redirect_url(), **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            self.check_rate(request)
            return super().post(request, *args, **kwargs)
        except TooManyAttempts as error:
            return self.refuse(error.wait or 1)
        except Busy as error:
            return self.refuse(error.wait)

    def check_rate(self, request: HttpRequest) -> None:
        """Raises TooManyAttempts; the log-in's own rate is checked with the password."""

    def refuse(self, seconds: float) -> HttpResponse:
        wait = math.ceil(seconds)
        context = self.get_context_data(form=self.get_form_class()(), wait=wait)  # unbound: nothing is checked
        return self.render_to_response(context, status=429, headers={"Retry-After": str(wait)})


class Login(AuthView, views.LoginView):
    template_name = "storefront/login.html"
    heading = "Log in"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(demo_accounts=demo_accounts.offered(), **kwargs)


class RegisterForm(forms.Form):
    username = forms.CharField(max_length=150, widget=forms.TextInput({"autocomplete": "username"}))
    email = forms.EmailField(widget=forms.EmailInput({"autocomplete": "email"}))
    password = forms.CharField(
        min_length=6,
        strip=False,
        help_text="At least 6 characters, and not one that many people have.",
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )
    role = forms.ChoiceField(
        label="I want to",
        choices=[(Role.VIEWER, "watch shows"), (Role.CREATOR, "watch and present shows")],
        initial=Role.VIEWER,
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not settings.OPEN_REGISTRATION_AS_CREATOR:
            present = (Role.CREATOR, "watch shows, and present my own once we have agreed on it")
            self.fields["role"].choices = [(Role.VIEWER, "watch shows"), present]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Says of the password what `register` would say of the whole form."""
        given = super().clean() or self.cleaned_data
        if {"username", "email", "password"} <= given.keys():
            try:
                User.objects.check_new_password(given["password"], given["username"], given["email"])
            except ValidationError as error:
                self.add_error("password", error)
        return given


class Register(AuthView):
    template_name = "storefront/register.html"
    form_class = RegisterForm
    heading = "Register"

    def check_rate(self, request: HttpRequest) -> None:
        """Counts together with the API's registrations."""
        limited("register", request)

    def form_valid(self, form: RegisterForm) -> HttpResponse:
        try:
            user = User.objects.register(**form.cleaned_data)
        except ValidationError as refusal:
            form.add_error(None, ValidationError(refusal.messages))
            return self.form_invalid(form)
        tasks.mail_verification(user)
        login(self.request, user)
        return HttpResponseRedirect(resolve_url(self.get_success_url()))
