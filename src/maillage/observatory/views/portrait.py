from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path


def portrait(request: HttpRequest, code: str) -> HttpResponse:
    return render(request, "observatory/portrait.html", {"code": code})


urls: list[URLPattern] = [path("portrait/<str:code>/", portrait, name="portrait")]
