from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path


def explorer(request: HttpRequest) -> HttpResponse:
    return render(request, "observatory/explorer.html", {})


urls: list[URLPattern] = [path("carte/", explorer, name="explorer")]
