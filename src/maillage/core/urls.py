from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from maillage.core.views import accounts, digests, oversight, work

urlpatterns: list[URLPattern | URLResolver] = [
    path("connexion/", accounts.SignIn.as_view(), name="login"),
    path("deconnexion/", accounts.SignOut.as_view(), name="logout"),
    path("compte/", accounts.account, name="account"),
    path("compte/mot-de-passe/", accounts.password, name="account-password"),
    path("compte/relances/", digests.choose, name="digest-choice"),
    path("mes-attentes/", digests.mine, name="awaiting"),
    path("relances/", digests.batch, name="digests"),
    path("relances/preparer/", digests.prepare, name="digest-prepare"),
    path("relances/accord/", digests.approve, name="digest-approve"),
    path("relances/envoyer/", digests.send, name="digest-send"),
    path("relances/<int:pk>/ecarter/", digests.discard, name="digest-discard"),
    path("travaux/", work.job_list, name="jobs"),
    path("travaux/<uuid:key>/", work.job_page, name="job"),
    path("travaux/<uuid:key>/annuler/", work.job_cancel, name="job-cancel"),
    path("fichiers/<int:pk>/", work.file_download, name="file"),
    path("journal/", oversight.journal, name="journal"),
    path("healthz", oversight.healthz, name="healthz"),
]
