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
from rest_framework.request import Request

from accounts import throttles
from accounts.models import Role, User


class AuthView(views.RedirectURLMixin, FormView):  # type: ignore[type-arg]
    """A form that lets someone in and then on to `next`."""

    heading: str
    throttle_scope: str  # read by the throttle: the API's view of the same kind counts with this one
    next_page = settings.LOGIN_REDIRECT_URL

    def get_redirect_url(self, request: HttpRequest | None = None) -> str:
        """Where `next` says, if it is a page of ours and not a log-in page again."""
        url = super().get_redirect_url()
        return "" if url.partition("?")[0] in (reverse("login"), reverse("register")) else url

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(heading=self.heading, next=self.get_redirect_url(), **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        throttle = throttles.AddressThrottle()
        if throttle.allow_request(Request(request), self):  # type: ignore[arg-type]
            return super().post(request, *args, **kwargs)
        wait = math.ceil(throttle.wait() or 1)
        context = self.get_context_data(form=self.get_form_class()(), wait=wait)  # unbound: nothing is checked
        return self.render_to_response(context, status=429, headers={"Retry-After": str(wait)})


class Login(AuthView, views.LoginView):
    template_name = "storefront/login.html"
    heading = "Log in"
    throttle_scope = "login"


class RegisterForm(forms.Form):
    username = forms.CharField(max_length=150, widget=forms.TextInput({"autocomplete": "username"}))
    email = forms.EmailField(widget=forms.EmailInput({"autocomplete": "email"}))
    password = forms.CharField(
        min_length=6,
        strip=False,
        help_text="At least 6 characters.",
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
            del self.fields["role"]


class Register(AuthView):
    template_name = "storefront/register.html"
    form_class = RegisterForm
    heading = "Register"
    throttle_scope = "register"

    def form_valid(self, form: RegisterForm) -> HttpResponse:
        try:
            user = User.objects.register(**form.cleaned_data)
        except ValidationError as refusal:
            form.add_error(None, ValidationError(refusal.messages))
            return self.form_invalid(form)
        login(self.request, user)
        return HttpResponseRedirect(resolve_url(self.get_success_url()))
