from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path


def compare(request: HttpRequest) -> HttpResponse:
    return render(request, "observatory/compare.html", {})


urls: list[URLPattern] = [path("comparer/", compare, name="compare")]
