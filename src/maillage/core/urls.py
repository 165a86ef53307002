from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from maillage.core.views import accounts, oversight, work

urlpatterns: list[URLPattern | URLResolver] = [
    path("connexion/", accounts.SignIn.as_view(), name="login"),
    path("deconnexion/", accounts.SignOut.as_view(), name="logout"),
    path("compte/", accounts.account, name="account"),
    path("compte/mot-de-passe/", accounts.password, name="account-password"),
    path("travaux/", work.job_list, name="jobs"),
    path("travaux/<uuid:key>/", work.job_page, name="job"),
    path("travaux/<uuid:key>/annuler/", work.job_cancel, name="job-cancel"),
    path("fichiers/<int:pk>/", work.file_download, name="file"),
    path("journal/", oversight.journal, name="journal"),
    path("healthz", oversight.healthz, name="healthz"),
]
