"""Sign in and out, one's own account."""

from __future__ import annotations

import hashlib

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from maillage.core import clock, perms, selectors, services
from maillage.core.digests.selectors import wants
from maillage.core.forms import DigestChoiceForm, LoginForm, PasswordForm
from maillage.core.models import User
from maillage.kernel.errors import InputRefused


def _failures_key(request: HttpRequest) -> str:
    address = request.META.get("REMOTE_ADDR", "")
    return f"core:login-failures:{hashlib.sha256((settings.SECRET_KEY + address).encode()).hexdigest()[:32]}"


@method_decorator(login_not_required, name="dispatch")
class SignIn(LoginView):
    """Password login. One account from one address locks after five failures (axes); one address after many."""

    template_name = "core/login.html"
    authentication_form = LoginForm
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if cache.get(_failures_key(request), 0) >= settings.MAILLAGE_LOGIN_FAILURES_PER_ADDRESS:
            return render(request, "core/locked_out.html", status=429)
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        response = super().form_valid(form)
        user = form.get_user()
        assert isinstance(user, User)  # noqa: S101  (the only kind of account)
        services.record_session(user=user, opened=True, at=clock.now())
        return response

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        key = _failures_key(self.request)
        cache.set(key, cache.get(key, 0) + 1, timeout=int(settings.AXES_COOLOFF_TIME.total_seconds()))
        return super().form_invalid(form)


class SignOut(LogoutView):
    """By POST only: a link on another site must not sign anyone out."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        user = request.user
        if isinstance(user, User):
            services.record_session(user=user, opened=False, at=clock.now())
        return super().post(request, *args, **kwargs)


@require_safe
@never_cache
def account(request: HttpRequest) -> HttpResponse:
    assert isinstance(request.user, User)  # noqa: S101  (login is required)
    on = clock.today()
    in_force = {membership.pk for membership in perms.memberships_in_force(request.user, on)}
    memberships = [(one, one.pk in in_force) for one in selectors.memberships_of(request.user)]
    choice = DigestChoiceForm(initial={"weekly": wants(request.user)})
    return render(request, "core/account.html", {"memberships": memberships, "digest_form": choice})


@require_http_methods(["GET", "POST"])
@never_cache
def password(request: HttpRequest) -> HttpResponse:
    assert isinstance(request.user, User)  # noqa: S101  (login is required)
    form = PasswordForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user = services.set_password(
                user=request.user, password=form.cleaned_data["new"], by=request.user, at=clock.now()
            )
        except InputRefused as refused:
            for problem in refused.problems:
                form.add_error("new", problem.message)
        else:
            update_session_auth_hash(request, user)
            messages.success(request, "Mot de passe changé. Vos autres sessions sont fermées.")
            return redirect("account")
    return render(request, "core/password.html", {"form": form})
