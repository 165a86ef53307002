from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path


def needs(request: HttpRequest) -> HttpResponse:
    return render(request, "observatory/needs.html", {})


urls: list[URLPattern] = [path("besoins/", needs, name="needs")]
