"""The pages by which people get back into their account, confirm its address, and see what is kept of them."""

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import tasks
from accounts.account_views import BAD_LINK, user_of_link, user_of_verification
from accounts.models import User
from storefront.auth_views import AuthView, limited


@require_safe
@never_cache
@login_required
def account(request: HttpRequest) -> HttpResponse:
    """What one can do with one's own account; the script does it over the API."""
    return render(request, "storefront/account.html", {"section": "account"})


class ForgottenForm(forms.Form):
    email = forms.EmailField(max_length=254, widget=forms.EmailInput({"autocomplete": "email"}))


class NewPasswordForm(forms.Form):
    password = forms.CharField(
        min_length=6,
        strip=False,
        label="New password",
        help_text="At least 6 characters, and not one that many people have.",
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )


@method_decorator(never_cache, name="dispatch")
class ByMail(AuthView):
    """A form about an account's mail. Where it has been done, `done` says so in its place."""

    template_name = "storefront/by_mail.html"
    done: str

    def check_rate(self, request: HttpRequest) -> None:
        limited("account-mail", request)

    def finish(self) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=None, done=self.done))


class Forgotten(ByMail):
    form_class = ForgottenForm
    heading = "Choose a new password"
    done = "If an account has this address, a mail with a link is on its way to it."

    def form_valid(self, form: ForgottenForm) -> HttpResponse:
        tasks.mail_reset(form.cleaned_data["email"])
        return self.finish()


class NewPassword(ByMail):
    form_class = NewPasswordForm
    heading = "Your new password"
    done = "Your password was changed, and everything that the old one had opened is closed. Log in with the new one."

    def user(self) -> User | None:
        user = user_of_link(self.kwargs["uid"])
        good = user is not None and default_token_generator.check_token(user, self.kwargs["token"])
        return user if good else None

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return super().get(request, *args, **kwargs) if self.user() is not None else self.refuse_link()

    def form_valid(self, form: NewPasswordForm) -> HttpResponse:
        user = self.user()
        if user is None:
            return self.refuse_link()
        try:
            user.reset_password(form.cleaned_data["password"])
        except ValidationError as refusal:
            form.add_error("password", refusal)
            return self.form_invalid(form)
        return self.finish()

    def refuse_link(self) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=None, problem=BAD_LINK), status=400)


class Verify(ByMail):
    """A button, for programs that look at the links in mails only read."""

    form_class = forms.Form
    heading = "Confirm your e-mail address"
    done = "Thank you: your e-mail address is confirmed."

    def form_valid(self, form: forms.Form) -> HttpResponse:
        try:
            user_of_verification(self.kwargs["token"]).confirm_address()
        except ValidationError:
            return self.render_to_response(self.get_context_data(form=None, problem=BAD_LINK), status=400)
        return self.finish()
